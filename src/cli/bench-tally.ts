/** What became of the events that a load sent. */
import { Latencies } from './bench-latencies.ts'
import type { PreparedRequest } from './bench-requests.ts'

/** Events by what became of them: `sent` = `unique` + `duplicates` + `refused`. */
export interface LoadCounts {
  readonly sent: number
  readonly unique: number
  /** With the conflicts. */
  readonly duplicates: number
  readonly conflicts: number
  /** In batches that were answered 429 or 503. They are not sent again. */
  readonly refused: number
  /** What `unique` must be if nothing was refused. */
  readonly expectedUnique: number
}

export interface LoadResult extends LoadCounts {
  /** Requests that were acknowledged. */
  readonly requests: number
  /** Of the acknowledged requests. */
  readonly latencies: Latencies
  /** Open loop: from when a request was due until it was sent; the queue, and the 1 ms or so that timers are late. */
  readonly delays: Latencies
  /** While requests were sent; the pauses in which requests were made are left out. */
  readonly seconds: number
  /** Seconds of CPU that this process took in those. */
  readonly cpuSeconds: number
}

type Writable<T> = { -readonly [K in keyof T]: T[K] }

export interface Tally {
  readonly result: Writable<LoadResult>
  /** @param body of the answer 202. @throws Error when it is no ack. */
  countAck(request: PreparedRequest, body: string): void
  countRefusal(request: PreparedRequest): void
}

export function openTally(): Tally {
  const result: Writable<LoadResult> = {
    sent: 0,
    unique: 0,
    duplicates: 0,
    conflicts: 0,
    refused: 0,
    expectedUnique: 0,
    requests: 0,
    latencies: new Latencies(),
    delays: new Latencies(),
    seconds: 0,
    cpuSeconds: 0,
  }
  const countSent = ({ events, unique }: PreparedRequest) => {
    result.sent += events
    result.expectedUnique += unique
  }
  return {
    result,
    countAck(request, body) {
      const { unique, duplicates, conflicts } = parseAck(body)
      countSent(request)
      result.requests++
      result.unique += unique
      result.duplicates += duplicates
      result.conflicts += conflicts
    },
    countRefusal(request) {
      countSent(request)
      result.refused += request.events
    },
  }
}

interface Ack {
  readonly unique: number
  readonly duplicates: number
  readonly conflicts: number
}

function parseAck(body: string): Ack {
  let ack: Partial<Ack> | null
  try {
    ack = JSON.parse(body)
  } catch (thrown) {
    throw new Error(`the server's ack is not JSON: ${body.slice(0, 500)}`, { cause: thrown })
  }
  const counts = [ack?.unique, ack?.duplicates, ack?.conflicts]
  if (counts.every(Number.isSafeInteger)) return ack as Ack
  throw new Error(`the server's ack has no unique, duplicates and conflicts: ${body.slice(0, 500)}`)
}
