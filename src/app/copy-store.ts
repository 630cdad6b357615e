/**
 * Moves a store to another engine: first what only grows, a few thousand rows a commit, then what changes, in one. Interrupted
 * anywhere, it goes on where it stopped; done again, it changes nothing. In the end both sides are read and compared.
 */
import { isDeepStrictEqual } from 'node:util'
import { AppError } from '../core/errors.ts'
import {
  type CopiedLog,
  type CopiedState,
  type CopyRow,
  type CopySource,
  type CopyTarget,
  copiedLogs,
  idColumnOf,
} from '../core/store-copy.ts'
import { openPostgresCopyTarget } from '../stores/postgres/postgres-copy-target.ts'
import { isPostgresUrl } from '../stores/postgres/server-url.ts'
import { openSqliteCopySource } from '../stores/sqlite/sqlite-copy-source.ts'
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
  return await copyRows(source, target, options)
}

async function copyRows(
  source: CopySource,
  target: CopyTarget,
  { signal, onProgress }: Omit<CopyOptions, 'from' | 'to'>,
): Promise<CopyReport> {
  const state = await source.readState()
  const extents = await extentsOf(source)
  await requireBeginning(source, target, state)
  const totalRows = extents.reduce((sum, { rows }) => sum + rows, 0)
  let copiedRows = 0
  let doneRows = 0
  for (const { log, lastId } of extents) {
    const start = await target.extent(log)
    doneRows += start.rows
    for (let after = start.lastId; after < lastId; ) {
      signal.throwIfAborted()
      const rows = await source.readRows(log, after)
      if (rows.length === 0) break
      await target.putRows(log, rows)
      after = lastIdOf(log, rows)
      copiedRows += rows.length
      doneRows += rows.length
      onProgress({ step: 'copying', doneRows, totalRows })
    }
  }
  signal.throwIfAborted()
  if (!isDeepStrictEqual(await target.readState(), state)) {
    if (await target.hasBeenUsed()) throw used()
    await target.putState(state)
  }
  await compareLogs(source, target, { signal, onProgress, totalRows })
  requireSame('the state of topics, counters, rates or subscriptions', await target.readState(), state)
  const rowsOf = (log: CopiedLog) => extents.find((extent) => extent.log === log)?.rows ?? 0
  return {
    copiedRows,
    events: rowsOf('event'),
    duplicates: rowsOf('duplicate') + rowsOf('conflict'),
    topics: state.topic.length,
    subscriptions: state.subscription.length,
  }
}

async function extentsOf(source: CopySource) {
  return Promise.all(copiedLogs.map(async (log) => ({ log, ...(await source.extent(log)) })))
}

/** What the target holds must be what an earlier run of this copy put there. */
async function requireBeginning(source: CopySource, target: CopyTarget, state: CopiedState): Promise<void> {
  const { counters } = await target.readState()
  for (const column of ['received', 'unique_processed', 'duplicate_dropped'] as const) {
    if (Number(counters[column]) > Number(state.counters[column])) throw foreign()
  }
  const { lastId } = await target.extent('event')
  if (lastId === 0) return
  for (const after of [0, lastId - 1]) {
    const [[ours], [theirs]] = await Promise.all([source.readRows('event', after), target.readRows('event', after)])
    if (!isDeepStrictEqual(ours, theirs)) throw foreign()
  }
}

async function compareLogs(
  source: CopySource,
  target: CopyTarget,
  { signal, onProgress, totalRows }: Omit<CopyOptions, 'from' | 'to'> & { readonly totalRows: number },
): Promise<void> {
  let doneRows = 0
  for (const log of copiedLogs) {
    let theirs: readonly CopyRow[] = []
    for (let after = 0; ; ) {
      signal.throwIfAborted()
      const ours = await source.readRows(log, after)
      while (theirs.length < ours.length) {
        const more = await target.readRows(log, lastIdOf(log, theirs, after))
        if (more.length === 0) break
        theirs = [...theirs, ...more]
      }
      requireSame(`${log}s after ${after}`, theirs.slice(0, ours.length), ours)
      if (ours.length === 0) {
        requireSame(`${log}s that only the target has`, theirs, [])
        break
      }
      theirs = theirs.slice(ours.length)
      after = lastIdOf(log, ours)
      doneRows += ours.length
      onProgress({ step: 'comparing', doneRows, totalRows })
    }
  }
}

function lastIdOf(log: CopiedLog, rows: readonly CopyRow[], otherwise = 0): number {
  return Number(rows.at(-1)?.[idColumnOf(log)] ?? otherwise)
}

function requireSame(what: string, theirs: unknown, ours: unknown): void {
  if (isDeepStrictEqual(theirs, ours)) return
  throw new AppError('store_unavailable', `the copy is not the same as what was copied: ${what}`)
}

function foreign(): AppError {
  return new AppError(
    'store_unavailable',
    'the target holds other events than the source, or has received some of its own; copy into a database without a schema sekali',
  )
}

function used(): AppError {
  return new AppError(
    'store_unavailable',
    'a server has worked with the target since it was copied; it was left as it is, because its subscriptions have moved on',
  )
}
