/** The page of one event: its address needs no time range, and works as long as the event is kept. */
import './events.css'
import { useKeys } from '../../state/keys.ts'
import { hrefTo } from '../../state/location.ts'
import { CopyButton, copyAloud } from '../../ui/copy-button.tsx'
import { Screen } from '../../ui/screen.tsx'
import { EventView } from './event-view.tsx'
import type { EventName } from './events-view.ts'

export function EventPage({ topic, eventId }: EventName) {
  const href = hrefTo(['events', topic, eventId])
  useKeys('Event', [
    { keys: 'c', label: 'Copy the event id', run: () => void copyAloud(eventId, 'Event id') },
    { keys: 'y', label: 'Copy a link to the event', run: () => void copyAloud(href, 'Link') },
  ])
  return (
    <Screen
      title="Event"
      actions={
        <>
          <a class="button" href={hrefTo(['events'], { topic })}>
            Events of {topic}
          </a>
          <CopyButton label="Copy link" text={href} />
        </>
      }
    >
      <section class="card card-body" aria-label="Event">
        <EventView key={`${topic}\n${eventId}`} topic={topic} eventId={eventId} />
      </section>
    </Screen>
  )
}
