/** The events of a question, page by page as the reader scrolls; live, what comes after them. */
import { useEffect, useRef, useState } from 'preact/hooks'
import type { StatsAnswer } from '../../../../src/http/wire-types.ts'
import { type ApiError, getJson, getText } from '../../api/client.ts'
import { type EventRow, eventRowsIn } from '../../api/raw-events.ts'
import { type EventsView, filterParameters } from './events-view.ts'

export const listLimits = {
  pageEvents: 500,
  /** Beyond them the reader goes on from there: memory has an end. */
  maxRows: 100_000,
} as const

export interface EventList {
  readonly rows: readonly EventRow[]
  /** Undefined while the first page is under way. */
  readonly state: 'loading' | 'more' | 'partial' | 'end' | 'full'
  readonly error: ApiError | undefined
  /** Every event up to this seq is in the pages, or belongs to a later one. */
  readonly lastSeq: number | undefined
  loadMore(): void
  reload(): void
}

interface Loaded {
  readonly key: string
  readonly rows: readonly EventRow[]
  readonly cursor: string | undefined
  readonly state: EventList['state']
  readonly error: ApiError | undefined
  readonly lastSeq: number | undefined
}

export function useEventList(view: EventsView): EventList {
  const [round, setRound] = useState(0)
  const { topic, source, text, from, to, order } = view
  const key = JSON.stringify([topic, source, text, from, to, order, round])
  const [loaded, setLoaded] = useState<Loaded>(nothing(key))
  const latest = useRef(loaded)
  latest.current = loaded
  const loading = useRef<AbortController | undefined>(undefined)
  /** A relative range stands still while its pages are read. */
  const askedAtMs = useRef(0)

  const load = async (before: Loaded): Promise<void> => {
    const gone = new AbortController()
    loading.current = gone
    try {
      const isFirst = before.cursor === undefined
      if (isFirst) askedAtMs.current = Date.now()
      // Asked first: what is committed in between is in the page as well, and is then recognised by its seq.
      const lastSeq = isFirst ? (await getJson<StatsAnswer>('stats', {}, gone.signal)).store.last_seq : before.lastSeq
      const parameters = { ...filterParameters(view, askedAtMs.current), order, limit: listLimits.pageEvents }
      const page = eventRowsIn(await getText('events', { ...parameters, cursor: before.cursor }, gone.signal))
      const rows = [...before.rows, ...page.rows]
      const isFull = rows.length >= listLimits.maxRows
      const more = page.isPartial ? 'partial' : isFull ? 'full' : 'more'
      const state = page.nextCursor === undefined ? 'end' : more
      if (!gone.signal.aborted)
        setLoaded({ key: before.key, rows, cursor: page.nextCursor, state, error: undefined, lastSeq })
    } catch (error) {
      if (!gone.signal.aborted) setLoaded({ ...before, error: error as ApiError })
    } finally {
      if (loading.current === gone) loading.current = undefined
    }
  }

  useEffect(() => {
    loading.current?.abort()
    void load(nothing(key))
    return () => loading.current?.abort()
  }, [key])

  const shown = loaded.key === key ? loaded : nothing(key)
  return {
    ...shown,
    loadMore() {
      const { state, cursor } = latest.current
      if (loading.current !== undefined || cursor === undefined || state === 'full') return
      void load(latest.current)
    },
    reload: () => setRound((before) => before + 1),
  }
}

function nothing(key: string): Loaded {
  return { key, rows: [], cursor: undefined, state: 'loading', error: undefined, lastSeq: undefined }
}
