/** An event that came again, in a line. */
import type { DuplicatedEventAnswer } from '../../../../src/http/wire-types.ts'
import { count, middleTruncated } from '../../state/format.ts'
import { go, hrefWith } from '../../state/location.ts'
import { Time } from '../../ui/time.tsx'
import { lateWords } from './duplicate-words.ts'

const maxIdChars = 30
const maxNamedSources = 2

export interface DuplicatedEventRowProps {
  readonly event: DuplicatedEventAnswer
  readonly isOpen: boolean
}

export function DuplicatedEventRow({ event, isOpen }: DuplicatedEventRowProps) {
  const { topic, event_id, conflicts, copies, stored_at, last_seen_at, spread_ms } = event
  const toggle = () => go(hrefWith({ open: isOpen ? undefined : String(event.seq) }))
  return (
    // The button in it is for the keyboard; the row only makes it larger
    <tr
      class={isOpen ? 'openable open' : 'openable'}
      onClick={({ target }) => {
        if (target instanceof Element && target.closest('a, button') === null && isNothingSelected()) toggle()
      }}
    >
      <td>
        <button type="button" class="disclosure mono" aria-expanded={isOpen} title={event_id} onClick={toggle}>
          <span class="disclosure-mark" aria-hidden="true" />
          {middleTruncated(event_id, maxIdChars)}
        </button>
      </td>
      <td class="clipped" title={topic}>
        {topic}
      </td>
      <td class="number">
        {conflicts > 0 ? <span class="badge alert">{count(conflicts)}</span> : <span class="quiet">0</span>}
      </td>
      <td class="number">{count(copies)}</td>
      <td class="wide">
        <Sources event={event} />
      </td>
      <td class="number">
        <Time at={stored_at} />
      </td>
      <td class="number">
        <Time at={last_seen_at} />
      </td>
      <td class="number">{lateWords(spread_ms)}</td>
    </tr>
  )
}

function Sources({ event }: { readonly event: DuplicatedEventAnswer }) {
  const { source, duplicate_sources: names, duplicate_source_count: all } = event
  const named = names.slice(0, maxNamedSources)
  const others = all - named.length
  const isOther = names.some((name) => name !== source)
  return (
    <span title={`Stored from ${source}\nSent again by ${names.join(', ')}${all > names.length ? ', …' : ''}`}>
      {named.join(', ')}
      {others > 0 && ` and ${count(others)} more`}
      {isOther && <span class="quiet"> · first from {source}</span>}
    </span>
  )
}

/** Whoever selects text in a row is not opening it. */
function isNothingSelected(): boolean {
  return window.getSelection()?.isCollapsed !== false
}
