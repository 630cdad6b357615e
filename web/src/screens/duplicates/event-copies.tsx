/** The copies of one event: the stored one, what came again and when, and what had changed. */
import { useState } from 'preact/hooks'
import type { DuplicatedEventAnswer, DuplicatePageAnswer } from '../../../../src/http/wire-types.ts'
import { getJson } from '../../api/client.ts'
import { useResource } from '../../api/resource.ts'
import { count } from '../../state/format.ts'
import { hrefTo, hrefWith } from '../../state/location.ts'
import { CopyButton } from '../../ui/copy-button.tsx'
import { ErrorNote, Loading } from '../../ui/notes.tsx'
import { Time } from '../../ui/time.tsx'
import { Conflicts } from './conflicts.tsx'
import { CopyTable } from './copy-table.tsx'
import { fromTheTop } from './duplicates-view.ts'

/** How many copies are listed, then after "show more"; the server gives no more on one page. */
const steps = [10, 100, 1000] as const

export function EventCopies({ event }: { readonly event: DuplicatedEventAnswer }) {
  const { topic, event_id, seq, source, stored_at, duplicates, conflicts } = event
  const [step, setStep] = useState(0)
  const limit = steps[step] ?? steps[0]
  const { found, error, reload } = useResource(JSON.stringify([topic, event_id, limit]), (signal) =>
    getJson<DuplicatePageAnswer>('duplicates', { topic, event_id, limit }, signal),
  )
  const eventHref = hrefTo(['events', topic, event_id])
  return (
    <div class="copies">
      <p class="copies-head">
        <span>
          Stored as seq {count(seq)} <Time at={stored_at} /> from{' '}
          <a href={hrefWith({ ...fromTheTop, source })}>{source}</a>. This copy stays.
        </span>
        <a class="button small" href={eventHref}>
          Open the event
        </a>
        <CopyButton label="Copy id" text={event_id} />
        <CopyButton label="Copy link" text={eventHref} />
      </p>
      {conflicts > 0 && <Conflicts event={event} />}
      {error !== undefined && <ErrorNote what="The copies" error={error} onRetry={reload} />}
      {found === undefined ? (
        error === undefined && <Loading />
      ) : (
        <CopyTable copies={found.duplicates} storedAt={stored_at} />
      )}
      {found !== undefined && found.next_cursor !== null && (
        <p class="quiet small">
          The newest {count(found.duplicates.length)} of {count(duplicates)}.{' '}
          {step + 1 < steps.length && (
            <button type="button" class="button small" onClick={() => setStep(step + 1)}>
              Show more
            </button>
          )}
        </p>
      )}
    </div>
  )
}
