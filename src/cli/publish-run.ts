/** Publishes batch after batch and counts what the acks say. Prints nothing. */

import { ClientError } from '../client/client-error.ts'
import type { Retry } from '../client/post-batch.ts'
import { type PostOptions, postBatch } from '../client/post-batch.ts'
import type { InputBatch, Place } from './input-batch.ts'

export interface Tally {
  /** Acknowledged events: `unique` + `duplicates`. */
  sent: number
  unique: number
  /** Includes the conflicts. */
  duplicates: number
  conflicts: number
  /** Events that were sent, but not acknowledged: stored or not. */
  unacknowledged: number
  retries: number
  readSoFar: Place
}

export interface RunOptions {
  readonly post: PostOptions
  /** Stops after the batch under way. */
  readonly stop: AbortSignal
  readonly onProgress?: (tally: Readonly<Tally>) => void
  readonly onRetry?: (retry: Retry, tally: Readonly<Tally>) => void
}

export interface RunResult {
  readonly tally: Readonly<Tally>
  /** What ended it before the end of the input; `batch` was not acknowledged. */
  readonly failure: { readonly thrown: unknown; readonly batch: InputBatch | undefined } | undefined
}

/** How long the batch under way may still take once somebody asked to stop. */
const maxFarewellMs = 2000

/** Never rejects: whatever went wrong comes with what was acknowledged until then. */
export async function publishBatches(batches: AsyncIterable<InputBatch>, options: RunOptions): Promise<RunResult> {
  const { post, stop, onProgress, onRetry } = options
  const tally: Tally = emptyTally()
  const controller = new AbortController()
  const farewell = armFarewell(stop, controller)
  let batch: InputBatch | undefined
  try {
    for await (const next of batches) {
      stop.throwIfAborted()
      tally.readSoFar = next.readSoFar
      if (next.events === 0) continue
      batch = next
      const ack = await postBatch(next, {
        ...post,
        signal: controller.signal,
        onRetry(retry) {
          tally.retries++
          // Nobody who asked to stop waits for a server that is away.
          if (stop.aborted) controller.abort(stop.reason)
          farewell.isRetrying = true
          onRetry?.(retry, tally)
        },
      })
      farewell.isRetrying = false
      batch = undefined
      addAcknowledged(tally, ack)
      onProgress?.(tally)
    }
    return { tally, failure: undefined }
  } catch (thrown) {
    if (batch !== undefined) countLost(tally, batch, thrown)
    return { tally, failure: { thrown, batch } }
  } finally {
    farewell[Symbol.dispose]()
  }
}

export function emptyTally(): Tally {
  return {
    sent: 0,
    unique: 0,
    duplicates: 0,
    conflicts: 0,
    unacknowledged: 0,
    retries: 0,
    readSoFar: { line: 0, bytes: 0 },
  }
}

interface Acknowledged {
  readonly unique: number
  readonly duplicates: number
  readonly conflicts: number
}

function addAcknowledged(tally: Tally, { unique, duplicates, conflicts }: Acknowledged): void {
  tally.sent += unique + duplicates
  tally.unique += unique
  tally.duplicates += duplicates
  tally.conflicts += conflicts
}

/** A refused NDJSON body is stored up to the line at fault, and the answer counts that part; a JSON body is not stored. */
function countLost(tally: Tally, batch: InputBatch, thrown: unknown): void {
  if (!(thrown instanceof ClientError) || thrown.code !== 'refused') {
    tally.unacknowledged += batch.events
    return
  }
  const { unique = 0, duplicates = 0, conflicts = 0 } = thrown.problem
  addAcknowledged(tally, { unique, duplicates, conflicts })
}

function armFarewell(stop: AbortSignal, controller: AbortController) {
  let timer: NodeJS.Timeout | undefined
  const farewell = {
    isRetrying: false,
    [Symbol.dispose]() {
      clearTimeout(timer)
      stop.removeEventListener('abort', onStop)
    },
  }
  const onStop = () => {
    if (farewell.isRetrying) controller.abort(stop.reason)
    else timer = setTimeout(() => controller.abort(stop.reason), maxFarewellMs)
  }
  stop.addEventListener('abort', onStop, { once: true })
  return farewell
}
