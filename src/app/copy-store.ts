/**
 * Moves a store to another engine: first what only grows, a few thousand rows a commit, then what changes, in one. Interrupted
 * anywhere, it goes on where it stopped; done again, it changes nothing. In the end both sides are read and compared. From the
 * first commit until then servers refuse the target.
 */
import { isDeepStrictEqual } from 'node:util'
import { AppError } from '../core/errors.ts'
import {
  type CopiedLog,
  type CopiedState,
  type CopySource,
  type CopyTarget,
  copiedLogs,
  idColumnOf,
  type LogExtent,
} from '../core/store-copy.ts'
import { openPostgresCopyTarget } from '../stores/postgres/postgres-copy-target.ts'
import { isPostgresUrl } from '../stores/postgres/server-url.ts'
import { openSqliteCopySource } from '../stores/sqlite/sqlite-copy-source.ts'
import { compareLog, compareState } from './compare-copy.ts'
import { UsageError } from './config.ts'

export interface CopyProgress {
  readonly step: 'copying' | 'comparing'
  readonly doneRows: number
  readonly totalRows: number
}

export interface CopyOptions {
  readonly from: string
  readonly to: string
  /** Stops after the commit under way. */
  readonly signal: AbortSignal
  readonly onProgress: (progress: CopyProgress) => void
}

export interface CopyReport {
  /** Rows that were not there before. */
  readonly copiedRows: number
  readonly events: number
  readonly duplicates: number
  readonly topics: number
  readonly subscriptions: number
}

interface Sides {
  readonly source: CopySource
  readonly target: CopyTarget
}

type Extents = Readonly<Record<CopiedLog, LogExtent>>
type RunOptions = Omit<CopyOptions, 'from' | 'to'>

const sqliteScheme = 'sqlite:'

/**
 * @throws UsageError for stores that this is not for; AppError when one of them cannot be used, the target holds something else,
 *   or the comparison finds a difference; the signal's reason.
 */
export async function copyStore({ from, to, ...options }: CopyOptions): Promise<CopyReport> {
  if (!from.startsWith(sqliteScheme)) throw new UsageError('--from must be sqlite:PATH')
  if (!isPostgresUrl(to)) throw new UsageError('--to must be postgres://USER@HOST/DB')
  await using source = openSqliteCopySource(from.slice(sqliteScheme.length))
  await using target = await openPostgresCopyTarget(to)
  return await copyRows({ source, target }, options)
}

async function copyRows({ source, target }: Sides, options: RunOptions): Promise<CopyReport> {
  const [state, extents] = [await source.readState(), await extentsOf(source)]
  const [found, copied] = [await target.readState(), await extentsOf(target)]
  await requireBeginning({ source, target }, { extents, copied })
  requireNotAhead(found, state)
  const isMissing = !isDeepStrictEqual(copied, extents) || !isDeepStrictEqual(found, state)
  const isOurs = isMissing || (await target.isUnfinished())
  let copiedRows = 0
  if (isMissing) {
    await target.begin(found)
    copiedRows = await copyLogs({ source, target }, { extents, copied, ...options })
    options.signal.throwIfAborted()
    await target.putState(state)
  }
  await compareAll({ source, target }, { state, extents, ...options })
  if (isOurs) await target.finish()
  const countOf = (log: CopiedLog) => source.countRows(log, extents[log].lastId)
  return {
    copiedRows,
    events: await countOf('event'),
    duplicates: (await countOf('duplicate')) + (await countOf('conflict')),
    topics: state.topic.length,
    subscriptions: state.subscription.length,
  }
}

/** @returns how many rows that were. */
async function copyLogs(
  { source, target }: Sides,
  { extents, copied, signal, onProgress }: RunOptions & { readonly extents: Extents; readonly copied: Extents },
): Promise<number> {
  const totalRows = await countRows(source, extents)
  let copiedRows = 0
  let doneRows = await countRows(source, copied)
  for (const log of copiedLogs) {
    if (log !== 'event') await target.dropRowsBefore(log, extents[log].firstId)
    const nextRows = (afterId: number) => source.readRows(log, afterId)
    for (let rows = await nextRows(copied[log].lastId); rows.length > 0; ) {
      signal.throwIfAborted()
      // The source is read while the target writes.
      const [next] = await Promise.all([nextRows(Number(rows.at(-1)?.[idColumnOf(log)])), target.putRows(log, rows)])
      copiedRows += rows.length
      doneRows += rows.length
      onProgress({ step: 'copying', doneRows, totalRows })
      rows = next
    }
  }
  return copiedRows
}

async function compareAll(
  sides: Sides,
  { state, extents, signal, onProgress }: RunOptions & { readonly state: CopiedState; readonly extents: Extents },
): Promise<void> {
  const totalRows = await countRows(sides.source, extents)
  let doneRows = 0
  for (const log of copiedLogs) {
    for await (const rows of compareLog(sides, log)) {
      doneRows += rows
      onProgress({ step: 'comparing', doneRows, totalRows })
      signal.throwIfAborted()
    }
  }
  compareState(await sides.target.readState(), state)
}

async function extentsOf(side: CopySource | CopyTarget): Promise<Extents> {
  return {
    event: await side.extent('event'),
    duplicate: await side.extent('duplicate'),
    conflict: await side.extent('conflict'),
  }
}

async function countRows(source: CopySource, extents: Extents): Promise<number> {
  const counts = await Promise.all(copiedLogs.map((log) => source.countRows(log, extents[log].lastId)))
  return counts.reduce((sum, rows) => sum + rows, 0)
}

/** What the target holds must be what an earlier run put there: it is if the ends of what it has are the same. */
async function requireBeginning(
  { source, target }: Sides,
  { extents, copied }: { readonly extents: Extents; readonly copied: Extents },
): Promise<void> {
  for (const log of copiedLogs) {
    const { firstId, lastId } = copied[log]
    if (lastId === 0) continue
    if (lastId > extents[log].lastId) throw foreign()
    // Older records of duplicates may have left the source since.
    for (const id of [firstId, lastId].filter((each) => each >= extents[log].firstId)) {
      const [[ours], [theirs]] = await Promise.all([
        source.readRows(log, id - 1),
        target.readRows(log, { firstId: id, lastId: id }),
      ])
      if (!isDeepStrictEqual(ours, theirs)) throw foreign()
    }
  }
}

/** Counters only grow. */
function requireNotAhead(found: CopiedState, state: CopiedState): void {
  for (const column of ['received', 'unique_processed', 'duplicate_dropped'] as const) {
    if (Number(found.counters[column]) > Number(state.counters[column])) throw foreign()
  }
}

function foreign(): AppError {
  return new AppError(
    'store_unavailable',
    'the target holds other events than the source, or has received some of its own; copy into a database without a schema sekali',
  )
}
