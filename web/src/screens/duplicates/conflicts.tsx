/** What was stored against what was refused, for the newest conflicts of an event. */
import { useMemo } from 'preact/hooks'
import { type DuplicateRow, duplicateRowsIn } from '../../../../src/client/raw-duplicates.ts'
import { type EventRow, eventRowIn } from '../../../../src/client/raw-events.ts'
import type { DuplicatedEventAnswer } from '../../../../src/http/wire-types.ts'
import { getText } from '../../api/client.ts'
import { useResource } from '../../api/resource.ts'
import { count } from '../../state/format.ts'
import { ConflictDiff } from '../../ui/diff/conflict-diff.tsx'
import { ErrorNote, Loading } from '../../ui/notes.tsx'
import { Time } from '../../ui/time.tsx'

const shownConflicts = 10

interface Evidence {
  readonly stored: EventRow
  readonly conflicts: readonly DuplicateRow[]
}

export function Conflicts({ event }: { readonly event: DuplicatedEventAnswer }) {
  const { topic, event_id, conflicts } = event
  const { found, error, reload } = useResource(JSON.stringify([topic, event_id]), async (signal) => {
    const path = `events/${encodeURIComponent(topic)}/${encodeURIComponent(event_id)}`
    const asked = { topic, event_id, conflict: true, limit: shownConflicts }
    return Promise.all([getText(path, {}, signal), getText('duplicates', asked, signal)])
  })
  const evidence = useMemo<Evidence | undefined>(
    () => found && { stored: eventRowIn(found[0]), conflicts: duplicateRowsIn(found[1]).rows },
    [found],
  )
  if (error !== undefined) return <ErrorNote what="The conflicts" error={error} onRetry={reload} />
  if (evidence === undefined) return <Loading />
  return (
    <div class="conflicts">
      {evidence.conflicts.map(({ seen_at, source, refused }, index) => (
        // Copies have no id of their own, and are listed from the newest on
        <details key={index} class="conflict" open={index === 0}>
          <summary>
            <span class="badge alert">conflict</span> <Time at={seen_at} /> from {source}
          </summary>
          {refused !== undefined && <ConflictDiff stored={evidence.stored} refused={refused} />}
        </details>
      ))}
      {conflicts > evidence.conflicts.length && (
        <p class="quiet small">
          The newest {count(evidence.conflicts.length)} of {count(conflicts)} conflicts.
        </p>
      )}
    </div>
  )
}
