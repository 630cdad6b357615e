/** One event in the hands of this worker. */
import type { ReceivedEvent } from './read-events.ts'

export interface Delivery {
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

  /** The event shall come again, to whoever asks. @throws ClientError when the server refuses. */
  nack(options?: NackOptions): Promise<void>
}

export interface NackOptions {
  /** Now unless given. */
  readonly delayMs?: number
  /** Kept with the dead letter, if it becomes one. */
  readonly reason?: string
}
