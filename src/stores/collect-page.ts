/** How every store fills a page: filter a walk in the query's order, stop at the limit, the size bound or the deadline. */
import type { Clock } from '../core/clock.ts'
import type { StoredEvent } from '../core/event.ts'
import { type EventPage, type EventQuery, type LogPage, type LogQuery, storeLimits } from '../core/event-store.ts'
import { payloadMatcher } from '../core/payload-text.ts'
import { compareInstants, type Instant } from '../core/timestamp.ts'
import { startDeadline } from './deadline.ts'

export interface WalkedEvent extends StoredEvent {
  readonly instant: Instant
}

/** A page that is being filled. */
export interface OpenPage {
  /** Takes the next event of the walk. @returns the page when it is complete; what comes after belongs to the next. */
  take(event: WalkedEvent): EventPage | undefined
  /** The page when the walk has come to its end. */
  end(): EventPage
}

/** @param walk events in the query's order, from after its cursor; read no further than needed. */
export function collectPage(walk: Iterable<WalkedEvent>, query: EventQuery, clock: Clock): EventPage {
  const page = openPage(query, clock)
  for (const event of walk) {
    const complete = page.take(event)
    if (complete !== undefined) return complete
  }
  return page.end()
}

export function openPage(query: EventQuery, clock: Clock): OpenPage {
  const matches = eventFilter(query)
  const isSpent = startDeadline(clock, query.timeBudgetMs)
  const events: WalkedEvent[] = []
  let pageChars = 0
  return {
    take(event) {
      const chars = contentChars(event)
      if (matches(event)) {
        const last = events.at(-1)
        if (last !== undefined && (events.length === query.limit || pageChars + chars > storeLimits.maxPageChars)) {
          return { events, next: positionOf(last), isPartial: false }
        }
        events.push(event)
        pageChars += chars
      }
      if (!isSpent(chars)) return undefined
      return { events, next: positionOf(event), isPartial: events.length < query.limit }
    },
    end: () => ({ events, next: undefined, isPartial: false }),
  }
}

/** An event of the log, read only as far as it takes to see whether it is asked for. */
export interface LogRow {
  readonly seq: number
  readonly isWanted: boolean
  read(): StoredEvent
}

/** @param walk the log in seq order from after the query's seq, to its end. @param lastSeq of the log as it is walked. */
export function collectLogPage(walk: Iterable<LogRow>, query: LogQuery, lastSeq: number, clock: Clock): LogPage {
  const isSpent = startDeadline(clock, query.timeBudgetMs)
  const events: StoredEvent[] = []
  let through = query.after
  let chars = 0
  for (const row of walk) {
    if (row.isWanted) {
      if (events.length === query.limit) return { events, through, isEnd: false }
      const event = row.read()
      chars += contentChars(event)
      if (events.length > 0 && chars > query.maxChars) return { events, through, isEnd: false }
      events.push(event)
    }
    through = row.seq
    if (isSpent(0)) return { events, through, isEnd: false }
  }
  return { events, through: Math.max(query.after, lastSeq), isEnd: true }
}

/** What an event weighs in an answer: any of its texts may be as large as a body. */
export function contentChars({ topic, eventId, timestamp, source, payload }: Content): number {
  return topic.length + eventId.length + timestamp.length + source.length + payload.length
}

type Content = Pick<StoredEvent, 'topic' | 'eventId' | 'timestamp' | 'source' | 'payload'>

/** The whole filter, also what the walk may have applied already: a comparison costs nothing beside reading the row. */
function eventFilter({ topic, source, from, to, text }: EventQuery): (event: WalkedEvent) => boolean {
  const matchesText = text === undefined ? undefined : payloadMatcher(text)
  return (event) =>
    (topic === undefined || event.topic === topic) &&
    (source === undefined || event.source === source) &&
    (from === undefined || compareInstants(event.instant, from) >= 0) &&
    (to === undefined || compareInstants(event.instant, to) < 0) &&
    (matchesText === undefined || matchesText(event.payload))
}

function positionOf(event: WalkedEvent): { seq: number; instantMs: number } {
  return { seq: event.seq, instantMs: event.instant.ms }
}
