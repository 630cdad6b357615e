/** One row of the list: always 28 px high, whatever is in it. */
import type { CopiesAnswer } from '../../../../src/http/wire-types.ts'
import { count, middleTruncated } from '../../state/format.ts'
import { hrefTo } from '../../state/location.ts'
import { Time } from '../../ui/time.tsx'
import { splitByText } from './find-rows.ts'
import type { ListRow } from './list-row.ts'

export interface EventLineProps {
  readonly row: ListRow
  readonly index: number
  readonly copies: CopiesAnswer['copies'][number] | undefined
  readonly isOpen: boolean
  readonly isCurrent: boolean
  /** Marked where it stands. */
  readonly sought: string
  readonly onOpen: () => void
}

export const rowIdOf = (index: number): string => `event-row-${index}`

const maxIdChars = 24

export function EventLine(props: EventLineProps) {
  const { row, index, copies, isOpen, isCurrent, sought, onOpen } = props
  const { topic, eventId, source, timestamp, preview } = row
  return (
    <tr
      id={rowIdOf(index)}
      class={`event-row${isOpen ? ' open' : ''}${isCurrent ? ' current' : ''}`}
      aria-rowindex={index + 2}
      aria-selected={isCurrent}
      onClick={(event) => {
        // A click that ends a selection is none, and links go where they lead.
        if (window.getSelection()?.isCollapsed === false) return
        if (event.target instanceof Element && event.target.closest('a') !== null) return
        onOpen()
      }}
    >
      <td class="cell-time">
        <Time at={timestamp} />
      </td>
      <td class="cell-topic" title={topic}>
        <Marked text={topic} sought={sought} />
      </td>
      <td class="cell-id mono" title={eventId}>
        <a href={hrefTo(['events', topic, eventId])} tabIndex={-1}>
          <Marked text={middleTruncated(eventId, maxIdChars)} sought={sought} />
        </a>
      </td>
      <td class="cell-source" title={source}>
        <Marked text={source} sought={sought} />
      </td>
      <td class="cell-copies">{copies !== undefined && <CopiesBadge {...copies} />}</td>
      <td class="cell-preview mono">
        <Marked text={preview} sought={sought} />
      </td>
    </tr>
  )
}

/** A row whose page is asked for again: it keeps its place. */
export function AbsentLine({ index }: { readonly index: number }) {
  return (
    <tr class="event-row" aria-rowindex={index + 2} aria-busy="true">
      <td class="quiet">…</td>
      <td colSpan={5} />
    </tr>
  )
}

function Marked({ text, sought }: { readonly text: string; readonly sought: string }) {
  if (sought === '') return <>{text}</>
  return <>{splitByText(text, sought).map((part, at) => (at % 2 === 1 ? <mark key={at}>{part}</mark> : part))}</>
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
