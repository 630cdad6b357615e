/** What the newest duplicates on record say together: per event that was sent again, and per source that did. */
import type {
  DuplicatedEvent,
  DuplicateSource,
  DuplicateSummary,
  DuplicateSummaryQuery,
  DuplicateWindow,
} from '../core/statistics-store.ts'
import { compareNames } from './compare-names.ts'

/** A duplicate on record that passes the filters of the query. */
export interface CopyRecord {
  readonly seq: number
  readonly seenAtMs: number
  /** That sent it. */
  readonly source: string
  readonly isConflict: boolean
  /** When the event was stored that it is a copy of; NaN where nobody asks. */
  readonly storedAtMs: number
}

export interface CopyWindow {
  readonly window: DuplicateWindow
  readonly records: Iterable<CopyRecord>
}

/** The event itself; undefined when it is gone from the log. */
export type FindEvent = (
  seq: number,
) => Pick<DuplicatedEvent, 'topic' | 'eventId' | 'source' | 'storedAtMs'> | undefined

const maxNamedSources = 10

interface Group {
  duplicates: number
  conflicts: number
  lastSeenAtMs: number
  /** Largest lateness. */
  spreadMs: number
}

interface EventGroup extends Group {
  readonly seq: number
  /** Most events have one; only the others take up a Map. */
  sources: string | Map<string, number>
}

export function summariseByEvent(
  { window, records }: CopyWindow,
  query: DuplicateSummaryQuery,
  find: FindEvent,
): DuplicateSummary<DuplicatedEvent> {
  const groups = new Map<number, EventGroup>()
  for (const { seq, source, storedAtMs, ...record } of records) {
    let group = groups.get(seq)
    if (group === undefined) {
      group = { ...newGroup(), seq, sources: source }
      groups.set(seq, group)
    }
    addSource(group, source)
    addRecord(group, record.seenAtMs - storedAtMs, record)
  }
  const page = pageOf([...groups.values()], query, (a, b) => b.lastSeenAtMs - a.lastSeenAtMs || b.seq - a.seq)
  const rows = page.flatMap((group) => {
    const event = find(group.seq)
    return event === undefined ? [] : [duplicatedEvent(group, event)]
  })
  return { window, total: groups.size, rows }
}

interface SourceGroup extends Group {
  readonly source: string
  readonly latenessMs: number[]
  readonly seqs: Set<number>
}

export function summariseBySource(
  { window, records }: CopyWindow,
  query: DuplicateSummaryQuery,
): DuplicateSummary<DuplicateSource> {
  const groups = new Map<string, SourceGroup>()
  for (const { seq, source, storedAtMs, ...record } of records) {
    let group = groups.get(source)
    if (group === undefined) {
      group = { ...newGroup(), source, latenessMs: [], seqs: new Set() }
      groups.set(source, group)
    }
    const lateMs = record.seenAtMs - storedAtMs
    group.latenessMs.push(lateMs)
    group.seqs.add(seq)
    addRecord(group, lateMs, record)
  }
  const page = pageOf([...groups.values()], query, (a, b) => compareNames(a.source, b.source))
  return { window, total: groups.size, rows: page.map(duplicateSource) }
}

function newGroup(): Group {
  return { duplicates: 0, conflicts: 0, lastSeenAtMs: Number.NEGATIVE_INFINITY, spreadMs: Number.NEGATIVE_INFINITY }
}

function addRecord(group: Group, lateMs: number, record: Pick<CopyRecord, 'seenAtMs' | 'isConflict'>): void {
  group.duplicates++
  if (record.isConflict) group.conflicts++
  if (record.seenAtMs > group.lastSeenAtMs) group.lastSeenAtMs = record.seenAtMs
  if (lateMs > group.spreadMs) group.spreadMs = lateMs
}

function addSource(group: EventGroup, source: string): void {
  if (typeof group.sources === 'string') {
    if (group.sources === source) return
    group.sources = new Map([[group.sources, group.duplicates]])
  }
  group.sources.set(source, (group.sources.get(source) ?? 0) + 1)
}

function pageOf<G extends Group>(
  groups: G[],
  { sort, offset, limit }: DuplicateSummaryQuery,
  compareTies: (a: G, b: G) => number,
): G[] {
  return groups.sort((a, b) => orders[sort](a, b) || compareTies(a, b)).slice(offset, offset + limit)
}

const orders: Record<DuplicateSummaryQuery['sort'], (a: Group, b: Group) => number> = {
  conflicts: (a, b) => b.conflicts - a.conflicts || b.duplicates - a.duplicates,
  duplicates: (a, b) => b.duplicates - a.duplicates,
  last_seen: (a, b) => b.lastSeenAtMs - a.lastSeenAtMs,
  spread: (a, b) => b.spreadMs - a.spreadMs,
}

function duplicatedEvent(group: EventGroup, event: NonNullable<ReturnType<FindEvent>>): DuplicatedEvent {
  const { seq, sources, duplicates, conflicts, lastSeenAtMs } = group
  const counts: readonly (readonly [string, number])[] =
    typeof sources === 'string' ? [[sources, duplicates]] : [...sources]
  const names = counts.toSorted(([a, countA], [b, countB]) => countB - countA || compareNames(a, b))
  return {
    ...event,
    seq,
    duplicates,
    conflicts,
    duplicateSources: names.slice(0, maxNamedSources).map(([name]) => name),
    duplicateSourceCount: counts.length,
    lastSeenAtMs,
  }
}

function duplicateSource(group: SourceGroup): DuplicateSource {
  const { source, duplicates, conflicts, lastSeenAtMs, seqs } = group
  const sorted = Float64Array.from(group.latenessMs).sort()
  // The smallest lateness that at least this share of the duplicates do not exceed.
  const quantile = (share: number) => sorted[Math.ceil(share * sorted.length) - 1] ?? 0
  const lateMs = { p50: quantile(0.5), p90: quantile(0.9), max: quantile(1) }
  return { source, duplicates, conflicts, events: seqs.size, lateMs, lastSeenAtMs }
}
