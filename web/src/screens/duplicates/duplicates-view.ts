/** What the address says about the duplicates screen. No DOM. */
import type { QueryValues } from '../../state/location.ts'

export const sorts = ['conflicts', 'duplicates', 'last_seen', 'spread'] as const
export type Sort = (typeof sorts)[number]

export interface DuplicatesView {
  /** Which rows: events that came again, or the publishers that sent them. */
  readonly by: 'event' | 'source'
  readonly topic: string | undefined
  /** Who sent the duplicates. */
  readonly source: string | undefined
  readonly isConflictsOnly: boolean
  readonly sort: Sort
  readonly cursor: string | undefined
  /** 1 for the first. */
  readonly page: number
  /** The seq of the event whose copies are open. */
  readonly openSeq: number | undefined
}

export function viewOf(query: URLSearchParams): DuplicatesView {
  const value = (name: string) => query.get(name) || undefined
  const cursor = value('cursor')
  const page = Number(value('page'))
  const openSeq = Number(value('open'))
  return {
    by: value('by') === 'source' ? 'source' : 'event',
    topic: value('topic'),
    source: value('source'),
    isConflictsOnly: value('conflict') === 'true',
    sort: sorts.find((sort) => sort === value('sort')) ?? 'conflicts',
    cursor,
    page: cursor !== undefined && Number.isSafeInteger(page) && page > 1 ? page : 1,
    openSeq: Number.isSafeInteger(openSeq) && openSeq > 0 ? openSeq : undefined,
  }
}

/** Other rows begin at their first page, with nothing open. */
export const fromTheTop: QueryValues = { cursor: undefined, page: undefined, open: undefined }
