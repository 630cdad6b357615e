/** What can be done with the list as a whole. */
import { go, hrefWith } from '../../state/location.ts'
import { CopyButton } from '../../ui/copy-button.tsx'
import { type EventsView, filterParameters } from './events-view.ts'
import { LiveStatus } from './live-status.tsx'
import type { Live } from './use-live-rows.ts'

export interface ListActionsProps {
  readonly view: EventsView
  readonly live: Live
  readonly onToggleLive: () => void
}

const orders = [
  ['desc', 'Newest first'],
  ['asc', 'Oldest first'],
  ['seq', 'In commit order'],
] as const

export function ListActions({ view, live, onToggleLive }: ListActionsProps) {
  return (
    <>
      <LiveStatus live={live} isLive={view.isLive} />
      <button
        type="button"
        class={view.isLive ? 'button primary' : 'button'}
        aria-pressed={view.isLive}
        onClick={onToggleLive}
      >
        Live <kbd>L</kbd>
      </button>
      {!view.isLive && (
        <select
          class="field"
          aria-label="Order"
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
      )}
      <button
        type="button"
        class="button"
        aria-pressed={view.isRaw}
        onClick={() => go(hrefWith({ view: view.isRaw ? undefined : 'raw' }))}
      >
        {view.isRaw ? 'Rows' : 'NDJSON'}
      </button>
      <CopyButton label="Copy link" text={() => frozenHref(view)} />
    </>
  )
}

/** A relative range means something else tomorrow: the link holds the moments of now. */
function frozenHref(view: EventsView): string {
  const { from, to } = filterParameters(view, Date.now())
  const isRelative = view.from?.startsWith('-') === true
  const end = to ?? (isRelative && !view.isLive ? new Date().toISOString() : undefined)
  return hrefWith({ from, to: end })
}
