/** What can be done with the list as a whole. */
import { go, hrefWith } from '../../state/location.ts'
import { CopyButton } from '../../ui/copy-button.tsx'
import { type EventsView, frozenTimes } from './events-view.ts'

export interface ListActionsProps {
  readonly view: EventsView
  readonly onToggleLive: () => void
  readonly onFind: () => void
}

const orders = [
  ['desc', 'Newest first'],
  ['asc', 'Oldest first'],
  ['seq', 'In commit order'],
] as const

export function ListActions({ view, onToggleLive, onFind }: ListActionsProps) {
  return (
    <>
      <button
        type="button"
        class={view.isLive ? 'button primary' : 'button'}
        aria-pressed={view.isLive}
        onClick={onToggleLive}
      >
        Live <kbd>L</kbd>
      </button>
      <select
        class="field"
        aria-label="Order"
        title={view.isLive ? 'Live, the newest are on top.' : undefined}
        disabled={view.isLive}
        value={view.order}
        onChange={({ currentTarget }) =>
          go(hrefWith({ order: currentTarget.value === 'desc' ? undefined : currentTarget.value }))
        }
      >
        {orders.map(([value, text]) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
      <button type="button" class="button" onClick={onFind}>
        Find
      </button>
      <button
        type="button"
        class="button"
        aria-pressed={view.isRaw}
        onClick={() => go(hrefWith({ view: view.isRaw ? undefined : 'raw', live: undefined }))}
      >
        {view.isRaw ? 'Show rows' : 'Raw NDJSON'}
      </button>
      <CopyButton label="Copy link" text={() => frozenHref(view)} />
    </>
  )
}

/** A relative range means something else tomorrow: the link holds the moments of now. */
export function frozenHref(view: EventsView): string {
  return hrefWith({ ...frozenTimes(view, Date.now()), live: undefined })
}
