/** The list that belongs to a view. Turning live on asks anew; turning it off keeps what is there. */
import { useEffect, useRef, useState } from 'preact/hooks'
import { usePainter } from '../../ui/painter.ts'
import { EventList } from './event-list.ts'
import { type EventsView, type Question, questionOf, viewKey } from './events-view.ts'

export interface ShownList {
  readonly list: EventList
  /** What was asked: relative times stand still. */
  readonly question: Question
  /** Why the newest answer did not come; the list may be of an older one. */
  readonly error: EventList['error']
  /** Asks anew. */
  reload(): void
}

interface Opened {
  readonly key: string
  readonly round: number
  readonly list: EventList
  readonly question: Question
  isLive: boolean
}

/** @returns undefined until the first list is opened. */
export function useEventList(view: EventsView): ShownList | undefined {
  const key = viewKey(view)
  const { isLive } = view
  const [round, setRound] = useState(0)
  const repaint = usePainter()
  const current = useRef<Opened>(undefined)
  /** Stays in view while the same is asked anew. */
  const previous = useRef<Opened>(undefined)

  useEffect(() => {
    const before = current.current
    const isSame = before?.key === key && before.round === round
    if (before !== undefined && isSame && before.isLive && !isLive) {
      before.isLive = false
      before.list.unfollow()
    } else if (before === undefined || !isSame || before.isLive !== isLive) {
      const question = questionOf(view, Date.now())
      const list = new EventList({ question, order: view.order, isLive, onChange: repaint })
      current.current = { key, round, list, question, isLive }
      previous.current?.list[Symbol.dispose]()
      before?.list.stop()
      previous.current = before?.key === key && before.list.isReady ? before : undefined
      repaint()
    }
  }, [key, isLive, round])
  useEffect(
    () => () => {
      current.current?.list[Symbol.dispose]()
      previous.current?.list[Symbol.dispose]()
    },
    [],
  )

  const newest = current.current
  if (newest === undefined || newest.key !== key) return undefined
  const { list, question } = newest.list.isReady ? newest : (previous.current ?? newest)
  return { list, question, error: newest.list.error, reload: () => setRound((before) => before + 1) }
}
