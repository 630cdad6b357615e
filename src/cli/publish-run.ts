/** Publishes batch after batch and counts what the acks say. Prints nothing. */

import { ClientError } from '../client/client-error.ts'
import { isOfOneEvent } from '../client/deliver-batch.ts'
import type { Retry } from '../client/post-batch.ts'
import { type PostOptions, postBatch } from '../client/post-batch.ts'
import type { InputBatch, Place } from './input-batch.ts'
import { linesAfter } from './ndjson-batches.ts'

export interface Tally {
  /** Acknowledged events: `unique` + `duplicates`. */
  sent: number
  unique: number
  /** Includes the conflicts. */
  duplicates: number
  conflicts: number
  /** Events that were sent, but not acknowledged: stored or not. */
  unacknowledged: number
  /** Lines that were left out; only where `onRefused` is given. */
  refused: number
  retries: number
  readSoFar: Place
}

export interface Refusal {
  readonly thrown: ClientError
  readonly batch: InputBatch
  /** Of the event in the batch, from 0. */
  readonly index: number
}

export interface RunOptions {
  readonly post: PostOptions
  /** Stops after the batch under way. */
  readonly stop: AbortSignal
  readonly onProgress?: (tally: Readonly<Tally>) => void
  readonly onRetry?: (retry: Retry, tally: Readonly<Tally>) => void
  /** An event that the server refuses is left out, and the run goes on after it. Ends the run unless given. Of NDJSON only. */
  readonly onRefused?: ((refusal: Refusal) => void) | undefined
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
  const { post, stop, onProgress, onRetry, onRefused } = options
  const tally: Tally = emptyTally()
  const controller = new AbortController()
  const farewell = armFarewell(stop, controller)
  let batch: InputBatch | undefined
  /** @returns what is left of the batch after an event that was refused. */
  const send = async (next: InputBatch): Promise<InputBatch | undefined> => {
    try {
      addAcknowledged(tally, await postBatch(next, { ...post, signal: controller.signal, onRetry: noteRetry }))
      farewell.isRetrying = false
      return undefined
    } catch (thrown) {
      const index = onRefused === undefined ? undefined : refusedIndex(thrown, next)
      if (!(thrown instanceof ClientError) || index === undefined) throw thrown
      countLost(tally, next, thrown)
      tally.refused++
      onRefused?.({ thrown, batch: next, index })
      return linesAfter(next, index + 1)
    }
  }
  const noteRetry = (retry: Retry) => {
    tally.retries++
    // Nobody who asked to stop waits for a server that is away.
    if (stop.aborted) controller.abort(stop.reason)
    farewell.isRetrying = true
    onRetry?.(retry, tally)
  }
  try {
    for await (const next of batches) {
      stop.throwIfAborted()
      tally.readSoFar = next.readSoFar
      // Each turn is another part of the batch, and shorter by an event that was refused.
      for (let rest: InputBatch | undefined = next; rest !== undefined && rest.events > 0; ) {
        stop.throwIfAborted()
        batch = rest
        rest = await send(rest)
        batch = undefined
      }
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
    refused: 0,
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

/** What the server says of the request as a whole, and not of an event, is not healed by leaving an event out. */
function refusedIndex(thrown: unknown, { events }: InputBatch): number | undefined {
  if (!(thrown instanceof ClientError) || !isOfOneEvent(thrown)) return undefined
  const { line } = thrown.problem
  if (line !== undefined) return line >= 1 && line <= events ? line - 1 : undefined
  return events === 1 ? 0 : undefined
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
