/** From a store URL to the adapter it names. */
import type { Clock } from '../core/clock.ts'
import type { EventStore } from '../core/event-store.ts'
import { openMemoryEventStore } from '../stores/memory/memory-event-store.ts'
import { openSqliteEventStore } from '../stores/sqlite/sqlite-event-store.ts'

/** @param url `sqlite:PATH` or `memory:`, as `resolveConfig` lets through. @throws AppError as the adapter. */
export async function openEventStore(url: string, clock: Clock): Promise<EventStore> {
  if (url === 'memory:') return openMemoryEventStore({ clock })
  return openSqliteEventStore(url.slice('sqlite:'.length), { clock })
}
