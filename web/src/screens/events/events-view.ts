/** Which events the address asks for, and how they are looked at. No DOM. */
import { resolveTime } from '../../state/time.ts'

export interface EventsView {
  readonly topic: string | undefined
  readonly source: string | undefined
  readonly text: string | undefined
  /** As written: an ISO time, or a distance from now. */
  readonly from: string | undefined
  readonly to: string | undefined
  readonly order: 'desc' | 'asc' | 'seq'
  readonly isLive: boolean
  readonly isRaw: boolean
  /** The event in the drawer. */
  readonly open: EventName | undefined
}

export interface EventName {
  readonly topic: string
  readonly eventId: string
}

export function eventsViewOf(query: URLSearchParams): EventsView {
  const text = (name: string) => query.get(name) || undefined
  const order = query.get('order')
  return {
    topic: text('topic'),
    source: text('source'),
    text: text('q'),
    from: text('from'),
    to: text('to'),
    order: order === 'asc' || order === 'seq' ? order : 'desc',
    isLive: query.get('live') === 'true',
    isRaw: query.get('view') === 'raw',
    open: eventNameOf(query.get('open') ?? ''),
  }
}

/** Filters as the server takes them; a relative range is counted from `now`. */
export function filterParameters({ topic, source, text, from, to }: EventsView, now: number) {
  return { topic, source, q: text, from: resolveTime(from ?? null, now), to: resolveTime(to ?? null, now) }
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
