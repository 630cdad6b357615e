/** From a store URL to the adapter it names. */
import type { Logger } from 'pino'
import type { Clock } from '../core/clock.ts'
import type { EventStore } from '../core/event-store.ts'
import { openMemoryEventStore } from '../stores/memory/memory-event-store.ts'
import { openSqliteEventStore } from '../stores/sqlite/sqlite-event-store.ts'
import { UsageError } from './config.ts'

export interface OpenStoreOptions {
  readonly clock: Clock
  /** Gets what the store does on its own, such as building its index. */
  readonly logger: Pick<Logger, 'info' | 'warn'>
}

const sqliteScheme = 'sqlite:'

/** @param url `sqlite:PATH` or `memory:`, as `resolveConfig` lets through. @throws AppError as the adapter. */
export async function openEventStore(url: string, { clock, logger }: OpenStoreOptions): Promise<EventStore> {
  if (url === 'memory:') return openMemoryEventStore({ clock })
  return openSqliteEventStore(url.slice(sqliteScheme.length), {
    clock,
    onNotice: ({ level, text }) => logger[level](text),
  })
}

/**
 * Builds the dedup index of a store that no process has open, from its events.
 *
 * @throws UsageError when the store has no such index. AppError as the adapter.
 */
export async function rebuildDedupIndex(url: string, { clock, logger }: OpenStoreOptions): Promise<void> {
  if (!url.startsWith(sqliteScheme)) throw new UsageError(`${url} has no dedup index on disk; give --store sqlite:PATH`)
  await using _ = await openSqliteEventStore(url.slice(sqliteScheme.length), {
    clock,
    onNotice: ({ level, text }) => logger[level](text),
    mustRebuildIndex: true,
  })
}
