/** What a publisher keeps its events in until they are acknowledged, so that they outlive it. One is in spool/, for Node. */

/** One event as a spool gives it back. */
export interface SpooledEvent {
  /** As it was appended: the JSON that is sent. */
  readonly text: string
  /** As `append` gave it; 0 for an event of an earlier run. */
  readonly position: number
}

/**
 * First in, first out: events are appended, read, and settled in one order, with those of earlier runs before all others.
 * Nothing here waits: a program that is killed after `append` has returned has lost nothing.
 */
export interface Spool {
  /** The position of the next event that was not read; 0 for one of an earlier run, undefined when all were read. */
  readonly nextUnread: number | undefined
  /** Not settled, in bytes on disk. */
  readonly bytes: number

  /**
   * Written when it returns.
   *
   * @param text JSON, without a line break.
   * @param reading `done` counts the event as read: its owner has it in memory. Only when nothing else is unread.
   * @returns its position: 1 for the first of this run.
   * @throws ClientError `spool_full`, `spool_failed`: it is not in the spool.
   */
  append(text: string, reading: 'done' | 'later'): number

  /** The next events, at most so many and so many bytes, at least one; none when all were read. */
  read(bounds: { readonly maxEvents: number; readonly maxBytes: number }): readonly SpooledEvent[]

  /** The oldest `count` of those that were read are done with. */
  settle(count: number): void

  /** Keeps an event that the server refused where people will find it. It is still to be settled. */
  setAside(text: string): void

  /** What is not settled stays for the next run. Idempotent. */
  close(): void
}
