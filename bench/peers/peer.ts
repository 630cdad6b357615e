/** What every store under comparison looks like to the benchmark. */
import type { BenchEvent } from '../../src/cli/bench-events.ts'

export interface Peer<Request = unknown> {
  /** Lower case, without spaces; the name on the command line. */
  readonly name: string
  /** What is safe once a batch is acknowledged. */
  readonly durability: string
  /** False when every event is stored, however often it comes. */
  readonly hasDedup: boolean
  /** No more are opened, because they would not add concurrency. */
  readonly maxConnections?: number
  availability(): Availability
  /** An empty store in a temporary folder; the folder goes when it is disposed. */
  open(): Promise<RunningPeer<Request>>
}

/** Its version, or why this machine cannot run it. */
export type Availability = { readonly version: string } | { readonly missing: string }

export interface RunningPeer<Request = unknown> extends AsyncDisposable {
  /** All work on a batch that needs no server, so that it can be done before the clock runs. */
  encode(events: readonly BenchEvent[]): Request
  /** One connection. */
  openClient(): Promise<PeerClient<Request>>
  /** The store's own count of the events in it. */
  countStored(): Promise<number>
}

export interface PeerClient<Request = unknown> extends AsyncDisposable {
  /** Sends a batch; resolves with its acknowledgement. One batch at a time. */
  append(request: Request): Promise<AppendCounts>
}

export interface AppendCounts {
  readonly unique: number
  readonly duplicates: number
}
