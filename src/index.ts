/**
 * The package's entry: the aggregator inside your own program, and the port for stores of your own.
 *
 * @module sekali
 */
export type { Config, ConfigOrigin, ConfigOrigins } from './app/config.ts'
export { type Aggregator, startAggregator } from './app/start-aggregator.ts'
export { type Clock, systemClock } from './core/clock.ts'
export { AppError, type AppErrorOptions, type ErrorCode, type FieldError } from './core/errors.ts'
export type { NewEvent, StoredEvent } from './core/event.ts'
export type * from './core/event-store.ts'
export { storeLimits } from './core/event-store.ts'
export { type EventList, type PackedColumns, PackedEvents } from './core/packed-events.ts'
export type * from './core/statistics-store.ts'
export { rateLevels, statisticsLimits } from './core/statistics-store.ts'
export type * from './core/subscription.ts'
export { subscriptionLimits } from './core/subscription.ts'
export type * from './core/subscription-store.ts'
export { compareInstants, type Instant, parseTimestamp } from './core/timestamp.ts'
export { type MemoryEventStoreOptions, openMemoryEventStore } from './stores/memory/memory-event-store.ts'
export { openSqliteEventStore, type SqliteEventStoreOptions } from './stores/sqlite/sqlite-event-store.ts'
export type { StoreNotice } from './stores/store-notice.ts'
