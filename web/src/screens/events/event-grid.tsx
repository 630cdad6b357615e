/** The rows, of which only those in view are in the document. */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { EventRow } from '../../api/raw-events.ts'
import { EventRowLine } from './event-row-line.tsx'
import type { EventName } from './events-view.ts'
import { useCopies } from './use-copies.ts'
import { rowHeightPx, useWindow } from './use-window.ts'

export interface EventGridProps {
  readonly rows: readonly EventRow[]
  /** Of all the rows there are; -1 when nobody knows. */
  readonly rowCount: number
  readonly open: EventName | undefined
  readonly current: EventRow | undefined
  readonly found: EventRow | undefined
  readonly onOpen: (row: EventRow) => void
  /** The reader has nearly seen all of them. */
  readonly onNearEnd: () => void
  /** Whether the newest row is in view. */
  readonly onAtTop: (isAtTop: boolean) => void
  /** Grows when the list is to show its top. */
  readonly topRound: number
}

const nearEndRows = 100
const columns = ['Time', 'Topic', 'Event', 'Source', 'Copies', 'Payload'] as const

export function EventGrid(props: EventGridProps) {
  const { rows, rowCount, open, current, found, topRound, onOpen, onNearEnd, onAtTop } = props
  const [scroller, setScroller] = useState<HTMLDivElement | null>(null)
  const { items, heightPx, scrollTo } = useWindow(rows.length, scroller)
  const seqs = useMemo(
    () => items.flatMap(({ index }) => rows[index]?.seq ?? []),
    [items.at(0)?.index, items.at(-1)?.index, rows],
  )
  const copies = useCopies(seqs)
  useKeptPlace(scroller, rows)

  const lastIndex = items.at(-1)?.index ?? 0
  useEffect(() => {
    if (rows.length > 0 && lastIndex >= rows.length - nearEndRows) onNearEnd()
  }, [lastIndex, rows.length])
  const shown = current ?? found
  useEffect(() => {
    const index = shown === undefined ? -1 : rows.indexOf(shown)
    if (index >= 0) scrollTo(index)
  }, [shown])
  useEffect(() => {
    scroller?.scrollTo({ top: 0 })
  }, [topRound])

  return (
    <div
      ref={setScroller}
      class="event-grid"
      role="grid"
      aria-label="Events"
      aria-rowcount={rowCount}
      tabIndex={0}
      onScroll={({ currentTarget }) => onAtTop(currentTarget.scrollTop < rowHeightPx)}
    >
      <div role="row" class="event-head" aria-rowindex={1}>
        {columns.map((name) => (
          <span key={name} role="columnheader" class={`cell-${name.toLowerCase()}`}>
            {name}
          </span>
        ))}
      </div>
      <div role="rowgroup" class="event-rows" style={{ height: `${heightPx}px` }}>
        {items.map(({ index, start }) => {
          const row = rows[index]
          if (row === undefined) return null
          return (
            <EventRowLine
              key={row.seq}
              row={row}
              index={index}
              startPx={start}
              copies={copies.get(row.seq)}
              isOpen={open?.topic === row.topic && open.eventId === row.eventId}
              isCurrent={row === current}
              isFound={row === found}
              onOpen={() => onOpen(row)}
            />
          )
        })}
      </div>
    </div>
  )
}

/** Rows that come in above must not move those that are being read. */
function useKeptPlace(scroller: HTMLDivElement | null, rows: readonly EventRow[]): void {
  const before = useRef(rows)
  useEffect(() => {
    const first = before.current[0]
    before.current = rows
    if (scroller === null || first === undefined || scroller.scrollTop < rowHeightPx) return
    const added = rows.findIndex(({ seq }) => seq === first.seq)
    if (added > 0) scroller.scrollTop += added * rowHeightPx
  }, [rows, scroller])
}
