/** From a store URL to the adapter it names. */
import type { Logger } from 'pino'
import type { Clock } from '../core/clock.ts'
import type { EventStore } from '../core/event-store.ts'
import { openMemoryEventStore } from '../stores/memory/memory-event-store.ts'
import { openSqliteEventStore } from '../stores/sqlite/sqlite-event-store.ts'
import type { StoreNotice } from '../stores/store-notice.ts'
import { UsageError } from './config.ts'

export interface OpenStoreOptions {
  readonly clock: Clock
  /** Gets what the store does on its own, such as building its index. */
  readonly logger: Pick<Logger, 'info' | 'warn'>
}

const sqliteScheme = 'sqlite:'

/** @param url `sqlite:PATH` or `memory:`, as `resolveConfig` lets through. @throws AppError as the adapter. */
export async function openEventStore(url: string, options: OpenStoreOptions): Promise<EventStore> {
  return url === 'memory:' ? openMemoryEventStore(options) : openSqlite(url, options, false)
}

/**
 * Builds the indexes of a store that no process has open, from its events.
 *
 * @throws UsageError when the store has none. AppError as the adapter.
 */
export async function rebuildIndexes(url: string, options: OpenStoreOptions): Promise<void> {
  if (!url.startsWith(sqliteScheme)) throw new UsageError(`${url} has no index on disk; give --store sqlite:PATH`)
  await using _ = await openSqlite(url, options, true)
}

function openSqlite(
  url: string,
  { clock, logger }: OpenStoreOptions,
  mustRebuildIndexes: boolean,
): Promise<EventStore> {
  const onNotice = ({ level, text }: StoreNotice) => logger[level](text)
  return openSqliteEventStore(url.slice(sqliteScheme.length), { clock, onNotice, mustRebuildIndexes })
}
