/** The port for moving a whole store to another engine: rows that every SQL store has, under the names that they share. */

/** Values of one row by column. Whole numbers are below 2^53; bytes are hexadecimal text. */
export type CopyRow = Readonly<Record<string, string | number | null>>

/** What only grows: the log by seq, and the duplicates on record by id. */
export const copiedLogs = ['event', 'duplicate', 'conflict'] as const
export type CopiedLog = (typeof copiedLogs)[number]

/** What changes with every append and every delivery: moved as a whole. Each table's rows in one order, of its key. */
export interface CopiedState {
  /** One row: received, unique_processed, duplicate_dropped, conflicts, conflict_rows, conflict_bytes. */
  readonly counters: CopyRow
  readonly topic: readonly CopyRow[]
  readonly received_rate: readonly CopyRow[]
  readonly subscription: readonly CopyRow[]
  readonly delivery: readonly CopyRow[]
  readonly late_ack: readonly CopyRow[]
  readonly dead_letter: readonly CopyRow[]
}

export interface CopySource extends AsyncDisposable {
  /** How many rows there are, and the largest seq or id. */
  extent(log: CopiedLog): Promise<{ readonly rows: number; readonly lastId: number }>
  /** In order of seq or id, from after one; at most some thousands, and megabytes. Empty at the end. */
  readRows(log: CopiedLog, afterId: number): Promise<readonly CopyRow[]>
  readState(): Promise<CopiedState>
}

export interface CopyTarget extends CopySource {
  /**
   * Adds the next rows of a log, in one commit. Events follow each other without a gap.
   *
   * @throws AppError `store_unavailable` also when somebody else has written to the log meanwhile: nothing is added then.
   */
  putRows(log: CopiedLog, rows: readonly CopyRow[]): Promise<void>
  /** Replaces the whole state, in one commit. */
  putState(state: CopiedState): Promise<void>
  /** A server has worked with what was copied: putting the state again would undo what it did. */
  hasBeenUsed(): Promise<boolean>
}

/** The column that orders a log. */
export function idColumnOf(log: CopiedLog): 'seq' | 'id' {
  return log === 'event' ? 'seq' : 'id'
}
