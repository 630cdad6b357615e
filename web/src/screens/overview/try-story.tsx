/** What became of the event, in words: waiting, stored, stored once although it came twice, or a conflict. */
import { useEffect } from 'preact/hooks'
import { hrefTo } from '../../state/location.ts'
import { announce } from '../../ui/announce.ts'
import { Time } from '../../ui/time.tsx'
import { type Copies, changed, sumInWords } from './try-event.ts'
import type { TryStory as Story } from './use-try-event.ts'

export interface TryStoryProps extends Story {
  readonly isFirstRun: boolean
}

export function TryStory({ isFirstRun, ...story }: TryStoryProps) {
  const { event, stored, copies, isSending, error } = story
  const isOurs = stored === undefined || stored.event_id === event.event_id
  const text = stored === undefined ? undefined : outcome(copies)
  useEffect(() => {
    if (text !== undefined) announce(`${text.title} ${sumInWords(copies)}`)
  }, [text?.title, copies.duplicates])
  return (
    <div class="try-story">
      {stored === undefined || text === undefined ? (
        <>
          <p class="try-state">
            <span class="dot waiting" /> Waiting for the {isFirstRun && 'first '}event…
          </p>
          <p class="quiet">It appears here by itself, from wherever it is sent.</p>
        </>
      ) : (
        <>
          <p class="try-state">
            <span class={text.isConflict ? 'dot alert' : 'dot good'} /> {text.title}
          </p>
          <p>{text.explanation}</p>
          <p class="try-sum">{sumInWords(copies)}</p>
          <dl class="try-event">
            <dt>Event</dt>
            <dd class="mono">
              <a href={hrefTo(['events', stored.topic, stored.event_id])}>
                {stored.topic} / {stored.event_id}
              </a>
            </dd>
            <dt>Stored</dt>
            <dd>
              <Time at={stored.processed_at} />{' '}
              <span class="quiet">
                as number {stored.seq}, from {stored.source}
              </span>
            </dd>
          </dl>
        </>
      )}
      <p class="try-error" role="status">
        {isSending ? '' : error !== undefined ? `Not sent: ${error.message}. Sending it again is safe.` : ''}
      </p>
      <div class="try-actions">
        {isOurs ? (
          <Buttons {...story} />
        ) : (
          <p class="quiet">Publish the same event again, as after a lost answer: it is dropped, and counted here.</p>
        )}
      </div>
    </div>
  )
}

function Buttons({ event, stored, copies, isSending, publish, renew }: Story) {
  if (stored === undefined) {
    return (
      <button type="button" class="button primary" disabled={isSending} onClick={() => publish(event)}>
        Send a test event
      </button>
    )
  }
  return (
    <>
      <button
        type="button"
        class={copies.duplicates === 0 ? 'button primary' : 'button'}
        disabled={isSending}
        onClick={() => publish(event)}
      >
        Send it again
      </button>
      {copies.duplicates > 0 && (
        <>
          <button type="button" class="button" disabled={isSending} onClick={() => publish(changed(event))}>
            Send it changed
          </button>
          <button type="button" class="button quiet" onClick={renew}>
            Start over
          </button>
        </>
      )}
    </>
  )
}

function outcome({ duplicates, conflicts }: Copies) {
  if (duplicates === 0) {
    return {
      title: 'Stored.',
      explanation: 'It is on disk. Now send it again, as a publisher does that got no answer.',
      isConflict: false,
    }
  }
  if (conflicts === 0) {
    return {
      title: 'Stored once.',
      explanation:
        duplicates === 1
          ? 'The retry was recognised and dropped. Its publisher was told that all is well.'
          : 'The retries were recognised and dropped. Their publisher was told that all is well.',
      isConflict: false,
    }
  }
  return {
    title: 'Stored once, and a conflict was set aside.',
    explanation: (
      <>
        The same id came with other content. The first one stays, the other is kept{' '}
        <a href={hrefTo(['duplicates'], { conflict: 'true' })}>among the conflicts</a>.
      </>
    ),
    isConflict: true,
  }
}
