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

/** The smallest and the largest seq or id; 0 when there are none. */
export interface LogExtent {
  readonly firstId: number
  readonly lastId: number
}

interface CopySide extends AsyncDisposable {
  extent(log: CopiedLog): Promise<LogExtent>
  readState(): Promise<CopiedState>
}

export interface CopySource extends CopySide {
  /** In order of seq or id, from after one; at most some thousands, and megabytes. Empty at the end. */
  readRows(log: CopiedLog, afterId: number): Promise<readonly CopyRow[]>
  countRows(log: CopiedLog, throughId: number): Promise<number>
}

/** Each call that writes is one commit, and throws AppError `store_unavailable` when it was not confirmed. */
export interface CopyTarget extends CopySide {
  /** @param range that of a batch which the source has read: memory then holds as much of the one as of the other. */
  readRows(log: CopiedLog, range: LogExtent): Promise<readonly CopyRow[]>
  /** Between `begin` and `finish`, however many runs of the program that takes. */
  isUnfinished(): Promise<boolean>
  /**
   * From here on no server takes an event into the target: it would not recognise what is still to come.
   *
   * @param found the state that the target was found in.
   * @throws AppError also when something was appended since, or a server has moved subscriptions on: nothing is changed then.
   */
  begin(found: CopiedState): Promise<void>
  /** Adds the next rows of a log. Events follow each other without a gap. */
  putRows(log: CopiedLog, rows: readonly CopyRow[]): Promise<void>
  /** Replaces the whole state. @throws AppError also when a server has moved subscriptions on: nothing is changed then. */
  putState(state: CopiedState): Promise<void>
  /** Drops what was copied before, and has left the records of the source since. */
  dropRowsBefore(log: Exclude<CopiedLog, 'event'>, firstId: number): Promise<void>
  /** Servers may work with it. */
  finish(): Promise<void>
  /** The first of these events that the target would not recognise as the one it has under this seq. */
  findUnrecognised(events: readonly CopyRow[]): Promise<CopyRow | undefined>
}

/** The column that orders a log. */
export function idColumnOf(log: CopiedLog): 'seq' | 'id' {
  return log === 'event' ? 'seq' : 'id'
}
