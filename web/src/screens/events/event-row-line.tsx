/** One row of the list: always 28 px high, whatever is in it. */
import type { CopiesAnswer } from '../../../../src/http/wire-types.ts'
import type { EventRow } from '../../api/raw-events.ts'
import { count, middleTruncated } from '../../state/format.ts'
import { hrefTo } from '../../state/location.ts'
import { Time } from '../../ui/time.tsx'
import { rowHeightPx } from './use-window.ts'

export interface EventRowLineProps {
  readonly row: EventRow
  readonly index: number
  readonly startPx: number
  readonly copies: CopiesAnswer['copies'][number] | undefined
  readonly isOpen: boolean
  readonly isCurrent: boolean
  readonly isFound: boolean
  readonly onOpen: () => void
}

const maxIdChars = 26
const maxPreviewChars = 400

export function EventRowLine(props: EventRowLineProps) {
  const { row, index, startPx, copies, isOpen, isCurrent, isFound, onOpen } = props
  const state = [isOpen && 'open', isCurrent && 'current', isFound && 'found'].filter(Boolean).join(' ')
  return (
    <div
      role="row"
      class={`event-row ${state}`}
      aria-rowindex={index + 2}
      aria-selected={isOpen}
      style={{ height: `${rowHeightPx}px`, transform: `translateY(${startPx}px)` }}
      onClick={(event) => {
        // A click that ends a selection is none, and links go where they lead.
        if (window.getSelection()?.isCollapsed === false || (event.target as Element).closest('a')) return
        onOpen()
      }}
    >
      <span role="gridcell" class="cell-time">
        <Time at={row.timestamp} />
      </span>
      <span role="gridcell" class="cell-topic" title={row.topic}>
        {row.topic}
      </span>
      <span role="gridcell" class="cell-id mono" title={row.eventId}>
        <a href={hrefTo(['events', row.topic, row.eventId])} tabIndex={-1}>
          {middleTruncated(row.eventId, maxIdChars)}
        </a>
      </span>
      <span role="gridcell" class="cell-source" title={row.source}>
        {row.source}
      </span>
      <span role="gridcell" class="cell-copies">
        {copies !== undefined && <CopiesBadge {...copies} />}
      </span>
      <span role="gridcell" class="cell-preview mono">
        {row.payload.slice(0, maxPreviewChars).replaceAll(/\s+/g, ' ')}
      </span>
    </div>
  )
}

function CopiesBadge({ duplicates, conflicts }: CopiesAnswer['copies'][number]) {
  const words = `${count(duplicates + 1)} copies${conflicts > 0 ? `, ${count(conflicts)} with other content` : ''}`
  return (
    <span class={conflicts > 0 ? 'badge alert' : 'badge'} title={words}>
      <span aria-hidden="true">
        ×{count(duplicates + 1)}
        {conflicts > 0 && ' ≠'}
      </span>
      <span class="visually-hidden">{words}</span>
    </span>
  )
}
