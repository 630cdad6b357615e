/** Live rows on top of a list: taken in as they come, painted ten times a second, and not at all in a hidden tab. */
import { useEffect, useRef, useState } from 'preact/hooks'
import type { EventRow } from '../../api/raw-events.ts'
import { followTail } from '../../api/shared-tail.ts'
import type { TailFilter } from '../../api/tail-filter.ts'
import type { TailState } from '../../api/tail-stream.ts'
import { addLiveRows, type LiveRows, noLiveRows, resumeLiveRows, tickLiveRows } from './live-rows.ts'

export interface LiveOptions {
  readonly filter: TailFilter
  /** A seq; undefined while it is not known yet, or when nobody wants to follow. */
  readonly after: number | undefined
  readonly isPaused: boolean
  /** Seqs that are in the list already. */
  readonly known: ReadonlySet<number>
}

export interface Live extends LiveRows {
  readonly state: TailState | undefined
  /** Shows what waits. */
  resume(): void
}

const paintEveryMs = 100

export function useLiveRows({ filter, after, isPaused, known }: LiveOptions): Live {
  const model = useRef(noLiveRows)
  const [painted, setPainted] = useState(noLiveRows)
  const [state, setState] = useState<TailState>()
  const latest = useRef({ isPaused, known })
  latest.current = { isPaused, known }
  const filterKey = JSON.stringify(filter)

  useEffect(() => {
    model.current = noLiveRows
    setPainted(noLiveRows)
    setState(undefined)
    if (after === undefined) return
    const gone = new AbortController()
    const onRows = (rows: readonly EventRow[]): void => {
      const fresh = rows.filter(({ seq }) => !latest.current.known.has(seq))
      model.current = addLiveRows(model.current, fresh, { isPaused: latest.current.isPaused, nowMs: Date.now() })
    }
    followTail({ filter, after, onRows, onState: setState }, gone.signal)
    const timer = setInterval(() => {
      model.current = tickLiveRows(model.current, Date.now())
      if (!document.hidden) setPainted(model.current)
    }, paintEveryMs)
    return () => {
      gone.abort()
      clearInterval(timer)
    }
  }, [after, filterKey])

  return {
    ...painted,
    state,
    resume() {
      model.current = resumeLiveRows(model.current)
      setPainted(model.current)
    },
  }
}
