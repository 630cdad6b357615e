/** The screen of events: a list with its histogram, followed live if one likes, or one event by its own address. */
import { place } from '../../state/location.ts'
import { EventPage } from './event-page.tsx'
import { EventsScreen } from './events-screen.tsx'

export function Events() {
  const [, topic, eventId] = place.value.segments
  return topic !== undefined && eventId !== undefined ? <EventPage topic={topic} eventId={eventId} /> : <EventsScreen />
}
