/** The check-and-mark: which pairs of a batch are stored already. Runs inside the writer's transaction. */

export interface EventKey {
  readonly topicId: number
  readonly eventId: string
}

/** Derived from the event log: it may be dropped and rebuilt from it at any time. */
export interface DedupIndex {
  /**
   * Looks up and marks a batch, in order. A key that is not in the index gets the next seq, counting up from `nextSeq`.
   * Exact: compares the whole key. Rolled back with the transaction.
   *
   * @returns per key the seq it is stored under; `nextSeq` or larger means: given to the first key of this batch that has it.
   */
  checkAndMark(keys: readonly EventKey[], nextSeq: number): number[]

  /** To be called after the transaction of `checkAndMark` was committed. */
  settle(): void

  /** To be called after it was rolled back: nothing of the batch is marked. */
  undo(): void
}
