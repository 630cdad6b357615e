/** From a store URL to the adapter it names. */
import type { Logger } from 'pino'
import type { Clock } from '../core/clock.ts'
import type { EventStore } from '../core/event-store.ts'
import { openMemoryEventStore } from '../stores/memory/memory-event-store.ts'
import { openPostgresEventStore } from '../stores/postgres/postgres-event-store.ts'
import { isPostgresUrl } from '../stores/postgres/server-url.ts'
import { openSqliteEventStore } from '../stores/sqlite/sqlite-event-store.ts'
import type { StoreNotice } from '../stores/store-notice.ts'
import { maskedStore, UsageError } from './config.ts'

export interface OpenStoreOptions {
  readonly clock: Clock
  /** Gets what the store does on its own, such as building its index. */
  readonly logger: Pick<Logger, 'info' | 'warn' | 'error'>
}

const sqliteScheme = 'sqlite:'

/** @param url as `resolveConfig` lets through. @throws AppError as the adapter. */
export async function openEventStore(url: string, options: OpenStoreOptions): Promise<EventStore> {
  if (url === 'memory:') return openMemoryEventStore(options)
  if (!isPostgresUrl(url)) return openSqlite(url, options, false)
  return openPostgresEventStore(url, { clock: options.clock, onNotice: noticeLogger(options) })
}

/**
 * Builds the indexes of a store that no process has open, from its events.
 *
 * @throws UsageError when the store has none. AppError as the adapter.
 */
export async function rebuildIndexes(url: string, options: OpenStoreOptions): Promise<void> {
  if (!url.startsWith(sqliteScheme))
    throw new UsageError(`${maskedStore(url)} has no index on disk; give --store sqlite:PATH`)
  await using _ = await openSqlite(url, options, true)
}

function openSqlite(url: string, options: OpenStoreOptions, mustRebuildIndexes: boolean): Promise<EventStore> {
  const { clock } = options
  const path = url.slice(sqliteScheme.length)
  return openSqliteEventStore(path, { clock, onNotice: noticeLogger(options), mustRebuildIndexes })
}

function noticeLogger({ logger }: OpenStoreOptions): (notice: StoreNotice) => void {
  return ({ level, text }) => logger[level](text)
}
