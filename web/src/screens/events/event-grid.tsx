/** The rows, of which only those in view are in the document: a table, its hidden parts are two empty rows of their height. */
import { useEffect, useMemo, useState } from 'preact/hooks'
import { AbsentLine, EventLine, rowIdOf } from './event-line.tsx'
import type { EventList } from './event-list.ts'
import type { EventName } from './events-view.ts'
import type { ListRow } from './list-row.ts'
import { useCopies } from './use-copies.ts'
import { useWindow } from './use-window.ts'

export interface EventGridProps {
  readonly list: EventList
  readonly open: EventName | undefined
  /** Seq of the row that keys act on. */
  readonly current: number | undefined
  /** Where the reader wants to look; every new object is another wish. */
  readonly target: ScrollTarget | undefined
  readonly sought: string
  readonly onOpen: (row: ListRow) => void
  readonly onScrolled: (isAtTop: boolean) => void
}

export interface ScrollTarget {
  readonly index: number
}

const columns = [
  ['time', 'Time'],
  ['topic', 'Topic'],
  ['id', 'Event'],
  ['source', 'Source'],
  ['copies', 'Copies'],
  ['preview', 'Payload'],
] as const

/** A pixel or two are no scrolling: zoomed pages have fractions. */
const topPx = 2

export function EventGrid({ list, open, current, target, sought, onOpen, onScrolled }: EventGridProps) {
  const [scroller, setScroller] = useState<HTMLDivElement | null>(null)
  const { items, heightPx, scrollTo } = useWindow(list.length, scroller)
  const first = items.at(0)
  const last = items.at(-1)
  const rows = items.map(({ index }) => ({ index, row: list.at(index) }))
  const seqs = rows.flatMap(({ row }) => row?.seq ?? []).join()
  const copies = useCopies(useMemo(() => (seqs === '' ? [] : seqs.split(',').map(Number)), [seqs]))
  const currentIndex = rows.find(({ row }) => row !== undefined && row.seq === current)?.index

  useEffect(() => {
    if (first !== undefined && last !== undefined) list.look(first.index, last.index)
  })
  useEffect(() => {
    if (target === undefined) return
    // Not `scrollToIndex`: the head of the table covers the first row's place.
    if (target.index === 0) scroller?.scrollTo({ top: 0 })
    else scrollTo(target.index)
  }, [target])

  return (
    <div
      ref={setScroller}
      class="event-scroller"
      onScroll={({ currentTarget }) => onScrolled(currentTarget.scrollTop <= topPx)}
    >
      <table
        // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: a table whose rows can be gone through is a grid.
        role="grid"
        class="event-grid"
        aria-label="Events"
        aria-rowcount={list.end === 'end' ? list.length + 1 : -1}
        aria-activedescendant={currentIndex === undefined ? undefined : rowIdOf(currentIndex)}
        tabIndex={0}
      >
        <thead>
          <tr aria-rowindex={1}>
            {columns.map(([name, text]) => (
              <th key={name} scope="col" class={`cell-${name}`}>
                {text}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          <Gap heightPx={first?.start ?? 0} />
          {rows.map(({ index, row }) =>
            row === undefined ? (
              <AbsentLine key={`absent ${index}`} index={index} />
            ) : (
              <EventLine
                key={row.seq}
                row={row}
                index={index}
                copies={copies.get(row.seq)}
                isOpen={open?.topic === row.topic && open.eventId === row.eventId}
                isCurrent={row.seq === current}
                sought={sought}
                onOpen={() => onOpen(row)}
              />
            ),
          )}
          <Gap heightPx={heightPx - (last?.end ?? 0)} />
        </tbody>
      </table>
    </div>
  )
}

/** In place of the rows that are not in the document. */
function Gap({ heightPx }: { readonly heightPx: number }) {
  if (heightPx <= 0) return null
  // biome-ignore lint/a11y/noAriaHiddenOnFocusable: nothing in it can have the focus.
  return <tr class="event-gap" aria-hidden="true" style={{ height: `${heightPx}px` }} />
}
