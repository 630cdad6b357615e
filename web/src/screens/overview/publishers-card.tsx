/** Who sends again: the publishers with most duplicates on record, how late they are and whether the content changed. */
import type { DuplicateSourcesAnswer } from '../../../../src/http/wire-types.ts'
import { count } from '../../state/format.ts'
import { hrefTo } from '../../state/location.ts'
import { roughDuration } from '../../state/time.ts'
import { Card } from '../../ui/card.tsx'
import { Time } from '../../ui/time.tsx'

export function PublishersCard({ answer }: { readonly answer: DuplicateSourcesAnswer | undefined }) {
  const total = answer?.total ?? 0
  return (
    <Card
      title="Publishers that send again"
      edge
      actions={<a href={hrefTo(['duplicates'], { by: 'source' })}>All {count(total)}</a>}
    >
      {total === 0 ? (
        <div class="empty">{answer === undefined ? '\u00a0' : 'No publisher has sent an event twice.'}</div>
      ) : (
        <div class="table-scroll">
          <table class="table">
            <thead>
              <tr>
                <th scope="col">Source</th>
                <th scope="col" class="number">
                  Duplicates
                </th>
                <th scope="col" class="number">
                  Conflicts
                </th>
                <th scope="col" class="number">
                  Late (p90)
                </th>
                <th scope="col">Last</th>
              </tr>
            </thead>
            <tbody>
              {answer?.sources.map(({ source, duplicates, conflicts, late_ms, last_seen_at }) => (
                <tr key={source}>
                  <td class="wide">
                    <a href={hrefTo(['duplicates'], { source })} title={source}>
                      {source}
                    </a>
                  </td>
                  <td class="number">{count(duplicates)}</td>
                  <td class={conflicts > 0 ? 'number alert-text' : 'number quiet'}>{count(conflicts)}</td>
                  <td
                    class="number"
                    title={`half within ${roughDuration(late_ms.p50)}, at most ${roughDuration(late_ms.max)}`}
                  >
                    {roughDuration(late_ms.p90)}
                  </td>
                  <td>
                    <Time at={last_seen_at} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Card>
  )
}
