/** Publishes the first event, and watches what became of it and of its retries, whoever sent them. */
import { useState } from 'preact/hooks'
import type { CopiesAnswer, EventAnswer, EventPageAnswer, PublishAck } from '../../../../src/http/wire-types.ts'
import { ApiError, getJson, send } from '../../api/client.ts'
import { useResource } from '../../api/resource.ts'
import { type Copies, makeTryEvent, type TryEvent, tryTopic } from './try-event.ts'

const watchEveryMs = 1000

export interface TryStory {
  /** What the commands and the buttons publish. */
  readonly event: TryEvent
  /** Once there is one: that event, or the first of a store that was empty. */
  readonly stored: EventAnswer | undefined
  readonly copies: Copies
  readonly isSending: boolean
  readonly error: ApiError | undefined
  publish(event: TryEvent): void
  /** Another id: the story begins again. */
  renew(): void
}

/** @param isAnyEventFirst nothing is stored yet: the first event that comes is the one to show. */
export function useTryEvent(isAnyEventFirst: boolean): TryStory {
  const [event, setEvent] = useState(() => makeTryEvent(Date.now(), Math.random))
  const [isRenewed, setRenewed] = useState(false)
  const [isSending, setSending] = useState(false)
  const [error, setError] = useState<ApiError>()
  const isAny = isAnyEventFirst && !isRenewed
  const watched = useResource(`${event.event_id} ${isAny}`, (signal) => watch(isAny ? undefined : event, signal), {
    everyMs: watchEveryMs,
  })
  const publish = async (sent: TryEvent): Promise<void> => {
    setSending(true)
    setError(undefined)
    try {
      await send<PublishAck>('POST', 'publish', sent)
      watched.reload()
    } catch (thrown) {
      setError(thrown instanceof ApiError ? thrown : new ApiError(String(thrown)))
    } finally {
      setSending(false)
    }
  }
  return {
    event,
    stored: watched.found?.stored,
    copies: watched.found?.copies ?? { duplicates: 0, conflicts: 0 },
    isSending,
    error,
    publish: (sent) => void publish(sent),
    renew() {
      setEvent(makeTryEvent(Date.now(), Math.random))
      setRenewed(true)
      setError(undefined)
    },
  }
}

interface Watched {
  readonly stored: EventAnswer | undefined
  readonly copies: Copies
}

/** Asks for a list, not for the event itself: "not yet" is then an answer and no error. */
async function watch(wanted: TryEvent | undefined, signal: AbortSignal): Promise<Watched> {
  const page = await getJson<EventPageAnswer>(
    'events',
    wanted === undefined ? { order: 'seq', limit: 1 } : { topic: tryTopic, limit: 20 },
    signal,
  )
  const stored = page.events.find(({ event_id }) => wanted === undefined || event_id === wanted.event_id)
  if (stored === undefined) return { stored, copies: { duplicates: 0, conflicts: 0 } }
  const { copies } = await getJson<CopiesAnswer>('duplicates/copies', { seq: stored.seq }, signal)
  return { stored, copies: copies[0] ?? { duplicates: 0, conflicts: 0 } }
}
