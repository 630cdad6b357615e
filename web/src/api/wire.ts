/** The server's answers, as its own schemas have them. */
import type { Static } from 'typebox'
import type {
  duplicatePageSchema,
  eventPageSchema,
  eventSchema,
  publishAckSchema,
  statsSchema,
  topicsSchema,
} from '../../../src/http/schemas.ts'

export type Stats = Static<typeof statsSchema>
export type Topic = Static<typeof topicsSchema>['topics'][number]
export type StoredEvent = Static<typeof eventSchema>
export type EventPage = Static<typeof eventPageSchema>
export type DuplicatePage = Static<typeof duplicatePageSchema>
export type PublishAck = Static<typeof publishAckSchema>

// Until the schemas have them.
export interface RateSeries {
  readonly name: string
  readonly unique: readonly number[]
  readonly duplicates: readonly number[]
  readonly conflicts: readonly number[]
}
export interface Rates {
  readonly from: string
  readonly to: string
  readonly width_s: number
  readonly buckets: readonly string[]
  readonly total: Omit<RateSeries, 'name'>
  readonly series?: readonly RateSeries[]
}
export interface DuplicateSources {
  readonly total: number
  readonly sources: readonly {
    readonly source: string
    readonly duplicates: number
    readonly conflicts: number
    readonly events: number
    readonly late_ms: { readonly p50: number; readonly p90: number; readonly max: number }
    readonly last_seen_at: string
  }[]
}
export interface SystemAnswer {
  readonly version: string
  readonly node: string
  readonly pid: number
  readonly started_at: string
  readonly uptime_seconds: number
  readonly status: 'ready' | 'not ready'
  readonly health: readonly { readonly name: string; readonly ok: boolean; readonly reason: string | null }[]
  readonly store: {
    readonly engine: string
    readonly location: string
    readonly bytes: number
    readonly last_seq: number
    readonly free_bytes: number | null
    readonly mount: { readonly point: string; readonly is_own_volume: boolean } | null
  }
  readonly process: { readonly rss_bytes: number; readonly heap_bytes: number; readonly event_loop_p99_ms: number }
  readonly config: readonly { readonly name: string; readonly value: string; readonly origin: string }[]
}
export interface CopiesAnswer {
  readonly copies: readonly { readonly seq: number; readonly duplicates: number; readonly conflicts: number }[]
}
