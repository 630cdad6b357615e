/** For consumers whose effect is in a database of their own: effect and mark are one transaction, both or neither. */
import type { ReceivedEvent } from './read-events.ts'

/** The consumer's database. `T` is what its statements need, such as a client that has begun a transaction. */
export interface MarkStore<T> {
  /** Commits when `work` resolves, rolls back when it rejects. Transactions on one connection must not overlap. */
  transaction<R>(work: (transaction: T) => Promise<R>): Promise<R>

  /**
   * Remembers the pair within the transaction: an insert into a table whose primary key it is.
   *
   * @returns false when it was there before.
   */
  mark(key: EventKey, transaction: T): boolean | Promise<boolean>
}

/** What makes two deliveries the same event. */
export type EventKey = Pick<ReceivedEvent, 'topic' | 'event_id'>

/**
 * A handler that applies each event once, however often it is delivered. The name of another consumer must be another
 * table, or a further column of the key.
 *
 * @param handler whose effect is made through the transaction it is given. What it does elsewhere may happen twice.
 * @param store the consumer's own database.
 * @returns for `Subscription.run`; resolves to whether the event was applied now or was known.
 */
export function idempotent<T>(
  handler: (event: ReceivedEvent, transaction: T) => unknown,
  store: MarkStore<T>,
): (event: ReceivedEvent) => Promise<'applied' | 'known'> {
  return (event) =>
    store.transaction(async (transaction) => {
      const { topic, event_id } = event
      if (!(await store.mark({ topic, event_id }, transaction))) return 'known'
      await handler(event, transaction)
      return 'applied'
    })
}
