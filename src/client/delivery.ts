/** One event in the hands of this worker. */
import type { ReceivedEvent } from './read-events.ts'

/** An event under a lease: ack it, nack it, or lose it when the lease runs out. Leases are extended until then. */
export interface Delivery {
  /** As it is stored; the same in every delivery. */
  readonly event: ReceivedEvent
  /** 1 for the first delivery of the event. */
  readonly attempt: number
  /** Aborts when the lease was lost: the event is or will be delivered to somebody else. */
  readonly signal: AbortSignal
  /** Acked, nacked or lost. */
  readonly isSettled: boolean

  /**
   * The event is done with. Several acks share a request.
   *
   * @returns `expired` when the lease had run out, or no ack got through before: the event comes again.
   * @throws ClientError when the server refuses.
   */
  ack(): Promise<'acked' | 'expired'>

  /**
   * The event shall come again, to whoever asks. After `maxAttempts` deliveries it becomes a dead letter instead.
   *
   * @throws ClientError when the server refuses.
   */
  nack(options?: NackOptions): Promise<void>
}

/** How an event is given back. */
export interface NackOptions {
  /** In how many milliseconds it may come again; at once unless given. */
  readonly delayMs?: number
  /** Kept with the dead letter, if it becomes one; the first 1,000 characters. */
  readonly reason?: string
}
