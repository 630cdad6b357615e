/** The page of one event. */
export function EventPage({ topic, eventId }: { readonly topic: string; readonly eventId: string }) {
  return (
    <p>
      {topic} {eventId}
    </p>
  )
}
