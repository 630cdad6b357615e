/** What comes after the last row, in words. */
import type { EventRow } from '../../api/raw-events.ts'
import { count } from '../../state/format.ts'
import { go, hrefWith } from '../../state/location.ts'
import type { EventList } from './use-event-list.ts'

export interface ListFootProps {
  readonly list: EventList
  readonly order: 'desc' | 'asc' | 'seq'
}

export function ListFoot({ list, order }: ListFootProps) {
  const { rows, state } = list
  return (
    <footer class="list-foot small quiet">
      <span>{footWords(list)}</span>
      {state === 'partial' && (
        <button type="button" class="button small" onClick={list.loadMore}>
          Go on searching
        </button>
      )}
      {state === 'full' && order !== 'seq' && (
        <button type="button" class="button small" onClick={() => go(hrefWith(restOf(rows, order)))}>
          Go on from there
        </button>
      )}
    </footer>
  )
}

function footWords({ rows, state }: EventList): string {
  const loaded = `${count(rows.length)} ${rows.length === 1 ? 'event' : 'events'}`
  if (state === 'loading') return 'Loading…'
  if (state === 'end') return `${loaded}. That is all.`
  if (state === 'partial') return `${loaded} found so far; the search took too long to look at everything.`
  return state === 'full' ? `${loaded} are loaded, and there are more.` : `${loaded} loaded; more come as you scroll.`
}

/** The range that begins where the list ends; events of the same millisecond may show again. */
function restOf(rows: readonly EventRow[], order: 'desc' | 'asc') {
  const ms = Date.parse(rows.at(-1)?.timestamp ?? '')
  return order === 'desc' ? { to: new Date(ms + 1).toISOString() } : { from: new Date(ms).toISOString() }
}
