/** One event. */
export function EventView({ topic, eventId }: { readonly topic: string; readonly eventId: string }) {
  return (
    <p>
      {topic} {eventId}
    </p>
  )
}
