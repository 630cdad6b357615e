/** Which events the address asks for, and how they are looked at. */
import { resolveTime } from '../../state/time.ts'

export const orders = ['desc', 'asc', 'seq'] as const
export type Order = (typeof orders)[number]

/** Written as the first, read as both. */
const liveValues = new Set(['true', '1'])

export interface EventsView {
  readonly topic: string | undefined
  readonly source: string | undefined
  readonly text: string | undefined
  /** As written: an ISO time, or a distance from now. */
  readonly from: string | undefined
  readonly to: string | undefined
  readonly order: Order
  readonly isLive: boolean
  readonly isRaw: boolean
  /** The event in the drawer. */
  readonly open: EventName | undefined
}

export interface EventName {
  readonly topic: string
  readonly eventId: string
}

/** What is asked of the server: a view with its times resolved. */
export interface Question {
  readonly topic: string | undefined
  readonly source: string | undefined
  readonly q: string | undefined
  readonly from: string | undefined
  readonly to: string | undefined
}

export function eventsViewOf(query: URLSearchParams): EventsView {
  const text = (name: string) => query.get(name) || undefined
  // Live events have no end, and the newest are on top.
  const isLive = liveValues.has(query.get('live') ?? '') && text('to') === undefined
  return {
    topic: text('topic'),
    source: text('source'),
    text: text('q'),
    from: text('from'),
    to: text('to'),
    order: (!isLive && orders.find((order) => order === query.get('order'))) || 'desc',
    isLive,
    isRaw: query.get('view') === 'raw',
    open: eventNameOf(query.get('open') ?? ''),
  }
}

/** A relative range is counted from `nowMs`. */
export function questionOf({ topic, source, text, from, to }: EventsView, nowMs: number): Question {
  return { topic, source, q: text, from: resolveTime(from ?? null, nowMs), to: resolveTime(to ?? null, nowMs) }
}

/** Two views with the same key ask the same. */
export function viewKey({ topic, source, text, from, to, order }: EventsView): string {
  return JSON.stringify([topic, source, text, from, to, order])
}

export function hasFilter({ topic, source, text, from, to }: EventsView): boolean {
  return [topic, source, text, from, to].some((each) => each !== undefined)
}

/** For a link to what one sees now: tomorrow it shows the same. */
export function frozenTimes({ from, to }: EventsView, nowMs: number): { readonly from?: string; readonly to?: string } {
  const start = resolveTime(from ?? null, nowMs)
  // A range without an end goes on to the moment when it is looked at.
  const end = resolveTime(to ?? null, nowMs) ?? (start === undefined ? undefined : new Date(nowMs + 1).toISOString())
  return { ...(start !== undefined && { from: start }), ...(end !== undefined && { to: end }) }
}

export function openValue({ topic, eventId }: EventName): string {
  return `${encodeURIComponent(topic)}/${encodeURIComponent(eventId)}`
}

function eventNameOf(value: string): EventName | undefined {
  const [topic, eventId, more] = value.split('/')
  if (!topic || !eventId || more !== undefined) return undefined
  try {
    return { topic: decodeURIComponent(topic), eventId: decodeURIComponent(eventId) }
  } catch {
    return undefined
  }
}
