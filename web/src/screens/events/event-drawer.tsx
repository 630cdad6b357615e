/** The event beside the list. */
import { hrefTo } from '../../state/location.ts'
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
  return (
    <aside class="card event-drawer" aria-label="Event">
      <header class="card-head">
        <h2 class="mono drawer-title" title={eventId}>
          {eventId}
        </h2>
        <span class="spacer" />
        <button type="button" class="button quiet small" aria-label="Event before" onClick={() => onMove(-1)}>
          <kbd>k</kbd>
        </button>
        <button type="button" class="button quiet small" aria-label="Next event" onClick={() => onMove(1)}>
          <kbd>j</kbd>
        </button>
        <a class="button quiet small" href={hrefTo(['events', topic, eventId])}>
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
