/** Every copy of an event that is on record: which was kept, which came again, when, from where, and what had changed. */

import { duplicateRowsIn } from '../../../../src/client/raw-duplicates.ts'
import { getText } from '../../api/client.ts'
import { useResource } from '../../api/resource.ts'
import { count } from '../../state/format.ts'
import { duration } from '../../state/time.ts'
import { ConflictDiff } from '../../ui/diff/conflict-diff.tsx'
import { ErrorNote, Loading } from '../../ui/notes.tsx'
import { Time } from '../../ui/time.tsx'
import type { EventContent } from './event-content.ts'

export interface HistoryTabProps {
  readonly event: EventContent
  readonly onLoadAll: () => void
}

const maxCopies = 100
const everyMs = 5000

export function HistoryTab({ event, onLoadAll }: HistoryTabProps) {
  const { topic, eventId, source, processedAt, isWhole } = event
  const { found, error, reload } = useResource(
    JSON.stringify([topic, eventId]),
    async (signal) =>
      duplicateRowsIn(await getText('duplicates', { topic, event_id: eventId, limit: maxCopies }, signal)),
    { everyMs },
  )
  if (found === undefined) {
    return error === undefined ? <Loading /> : <ErrorNote what="The copies" error={error} onRetry={reload} />
  }
  const conflicts = found.rows.filter(({ refused }) => refused !== undefined)
  return (
    <div class="history">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard. */}
      <div class="table-scroll" tabIndex={0}>
        <table class="table">
          <thead>
            <tr>
              <th scope="col">Received</th>
              <th scope="col">From</th>
              <th scope="col">Result</th>
            </tr>
          </thead>
          <tbody>
            {found.rows.map(({ seen_at, source: from, conflict }, index) => (
              // Copies have no id of their own, and are listed from the newest on.
              <tr key={index}>
                <td>
                  <Time at={seen_at} /> <span class="quiet small">{lateWords(seen_at, processedAt)}</span>
                </td>
                <td>{from}</td>
                <td>
                  {conflict ? (
                    <span class="badge alert">other content: refused</span>
                  ) : (
                    <span class="badge">duplicate: dropped</span>
                  )}
                </td>
              </tr>
            ))}
            <tr>
              <td>{processedAt === undefined ? '–' : <Time at={processedAt} />}</td>
              <td>{source}</td>
              <td>
                <span class="badge accent">stored</span>
              </td>
            </tr>
          </tbody>
        </table>
      </div>
      {found.rows.length === 0 && <p class="quiet">It came once. No copy of it is on record.</p>}
      {found.nextCursor !== undefined && <p class="quiet small">The newest {count(maxCopies)} copies are listed.</p>}
      {conflicts.length > 0 && !isWhole && (
        <p>
          The event is large.{' '}
          <button type="button" class="button small" onClick={onLoadAll}>
            Load it to compare
          </button>
        </p>
      )}
      {isWhole &&
        conflicts.map(
          ({ seen_at, refused }, index) =>
            refused !== undefined && (
              <details key={`${seen_at} ${index}`} class="conflict" open={index === 0}>
                <summary>
                  <span class="badge alert">conflict</span> <Time at={seen_at} /> from {refused.source}
                </summary>
                <ConflictDiff stored={event} refused={refused} />
              </details>
            ),
        )}
    </div>
  )
}

function lateWords(seenAt: string, storedAt: string | undefined): string {
  if (storedAt === undefined) return ''
  return `${duration(Math.max(0, Date.parse(seenAt) - Date.parse(storedAt)))} later`
}
