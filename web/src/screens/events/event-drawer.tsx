/** The event beside the list. */
import { useEffect, useRef } from 'preact/hooks'
import { hrefTo } from '../../state/location.ts'
import { CopyButton } from '../../ui/copy-button.tsx'
import { EventView } from './event-view.tsx'
import type { EventName } from './events-view.ts'

export interface EventDrawerProps {
  readonly name: EventName
  readonly onClose: () => void
  /** @param by how many rows, downwards. */
  readonly onMove: (by: number) => void
}

export function EventDrawer({ name, onClose, onMove }: EventDrawerProps) {
  const { topic, eventId } = name
  const href = hrefTo(['events', topic, eventId])
  const drawer = useRef<HTMLElement>(null)
  useEffect(() => drawer.current?.focus({ preventScroll: true }), [])
  return (
    <aside ref={drawer} class="event-drawer" aria-label="Event" tabIndex={-1}>
      <header class="card-head">
        <button type="button" class="button quiet small" aria-label="Event before" onClick={() => onMove(-1)}>
          ↑ <kbd>k</kbd>
        </button>
        <button type="button" class="button quiet small" aria-label="Next event" onClick={() => onMove(1)}>
          ↓ <kbd>j</kbd>
        </button>
        <span class="spacer" />
        <CopyButton label="Copy link" text={href} />
        <a class="button small" href={href}>
          Own page
        </a>
        <button type="button" class="button quiet small" onClick={onClose}>
          Close <kbd>Esc</kbd>
        </button>
      </header>
      <div class="drawer-body">
        <EventView key={`${topic}\n${eventId}`} topic={topic} eventId={eventId} />
      </div>
    </aside>
  )
}
