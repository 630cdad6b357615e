/** Which topics a reader sees, in which order: what the address bar asks for. No DOM. */
import type { TopicAnswer } from '../../../../src/http/wire-types.ts'

export const columns = ['topic', 'events', 'duplicates', 'share', 'conflicts', 'first', 'last'] as const
export type Column = (typeof columns)[number]

export interface TopicsView {
  /** Text that the name contains, whatever its case. */
  readonly filter: string
  readonly column: Column
  readonly isDescending: boolean
  /** From 1. */
  readonly page: number
}

/** `-last`: newest first. */
const defaultSort = '-last'

export function readView(query: URLSearchParams): TopicsView {
  const sort = query.get('sort') ?? defaultSort
  const column = columns.find((each) => each === sort.replace(/^-/, ''))
  const page = Number(query.get('page') ?? 1)
  return {
    filter: query.get('q') ?? '',
    column: column ?? 'last',
    isDescending: column === undefined || sort.startsWith('-'),
    page: Number.isSafeInteger(page) && page > 0 ? page : 1,
  }
}

/** The `sort` of the address after a click on a column: numbers begin with the largest, names with the first. */
export function sortAfterClick({ column, isDescending }: TopicsView, clicked: Column): string | undefined {
  const isNextDescending = column === clicked ? !isDescending : clicked !== 'topic'
  const sort = `${isNextDescending ? '-' : ''}${clicked}`
  return sort === defaultSort ? undefined : sort
}

export interface TopicsPage {
  readonly shown: readonly TopicAnswer[]
  readonly matching: number
  readonly page: number
  readonly pages: number
}

export function topicsPage(topics: readonly TopicAnswer[], view: TopicsView, pageSize: number): TopicsPage {
  const wanted = view.filter.toLowerCase()
  const matching = wanted === '' ? topics : topics.filter(({ topic }) => topic.toLowerCase().includes(wanted))
  const sign = view.isDescending ? -1 : 1
  const value = values[view.column]
  const sorted = matching.toSorted(
    (one, other) => sign * compare(value(one), value(other)) || compare(one.topic, other.topic),
  )
  const pages = Math.max(1, Math.ceil(sorted.length / pageSize))
  const page = Math.min(view.page, pages)
  return { shown: sorted.slice((page - 1) * pageSize, page * pageSize), matching: sorted.length, page, pages }
}

const values: Readonly<Record<Column, (topic: TopicAnswer) => string | number>> = {
  topic: ({ topic }) => topic,
  events: ({ events }) => events,
  duplicates: ({ duplicates }) => duplicates,
  share: ({ events, duplicates }) => duplicates / Math.max(1, events + duplicates),
  conflicts: ({ conflicts }) => conflicts,
  first: ({ first_seen_at }) => first_seen_at,
  last: ({ last_seen_at }) => last_seen_at,
}

function compare(one: string | number, other: string | number): number {
  return one < other ? -1 : one > other ? 1 : 0
}

/** As many names as fit into an address; the others go without their recent past. */
export function namesThatFit(names: readonly string[], maxBytes: number): string[] {
  let room = maxBytes
  return names.filter((name) => {
    room -= encodeURIComponent(name).length + '&name='.length
    return room >= 0
  })
}
