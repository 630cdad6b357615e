/** Who sends again: how often, of how many events, how late, and whether the content changed. */
import type { DuplicateSourceAnswer, DuplicateSourcesAnswer } from '../../../../src/http/wire-types.ts'
import { getJson } from '../../api/client.ts'
import { useResource } from '../../api/resource.ts'
import { count } from '../../state/format.ts'
import { hrefWith } from '../../state/location.ts'
import { Card } from '../../ui/card.tsx'
import { Empty, ErrorNote, Loading } from '../../ui/notes.tsx'
import { Pages } from '../../ui/pages.tsx'
import { SortHead } from '../../ui/sort-head.tsx'
import { Time } from '../../ui/time.tsx'
import { lateWords } from './duplicate-words.ts'
import { type DuplicatesView, fromTheTop } from './duplicates-view.ts'
import { FilterBar } from './filter-bar.tsx'
import { WindowNote } from './window-note.tsx'

const pageRows = 50
const everyMs = 5000

export function Publishers({ view }: { readonly view: DuplicatesView }) {
  const { topic, sort, cursor, isConflictsOnly } = view
  const asked = { topic, sort, cursor, ...(isConflictsOnly && { conflict: true }) }
  const { found, error, reload } = useResource(
    JSON.stringify(asked),
    (signal) => getJson<DuplicateSourcesAnswer>('duplicates/sources', { ...asked, limit: pageRows }, signal),
    { everyMs: cursor === undefined ? everyMs : undefined },
  )
  return (
    <Card
      title={found === undefined ? 'Publishers' : `Publishers (${count(found.total)})`}
      actions={<FilterBar view={view} />}
      edge
    >
      {error !== undefined && <ErrorNote what="The publishers" error={error} onRetry={reload} />}
      {found === undefined ? (
        error === undefined && <Loading />
      ) : found.total === 0 ? (
        <Empty>
          No publisher fits the filter.{' '}
          <a href={hrefWith({ ...fromTheTop, topic: undefined, conflict: undefined })}>Clear it</a>
        </Empty>
      ) : (
        <PublisherTable sources={found.sources} sort={sort} />
      )}
      {found !== undefined && <WindowNote window={found.window} />}
      {found !== undefined && (
        <Pages page={view.page} rows={found.total} pageRows={pageRows} next={found.next_cursor} />
      )}
    </Card>
  )
}

interface PublisherTableProps {
  readonly sources: readonly DuplicateSourceAnswer[]
  readonly sort: string
}

function PublisherTable({ sources, sort }: PublisherTableProps) {
  const order = { current: sort, usual: 'conflicts' }
  return (
    <div class="table-scroll">
      <table class="table">
        <thead>
          <tr>
            <th scope="col">Publisher</th>
            <SortHead sort="conflicts" {...order} title="Duplicates whose content had changed">
              Conflicts
            </SortHead>
            <SortHead sort="duplicates" {...order}>
              Duplicates
            </SortHead>
            <th scope="col" class="number" title="Distinct events that it sent again">
              Events
            </th>
            <th scope="col" class="number" title="Half of its duplicates came within this time after the first copy">
              Half within
            </th>
            <th scope="col" class="number" title="Nine of ten came within this time">
              90 % within
            </th>
            <SortHead sort="spread" {...order} title="The latest came so long after the first copy">
              Latest after
            </SortHead>
            <SortHead sort="last_seen" {...order}>
              Last seen
            </SortHead>
          </tr>
        </thead>
        <tbody>
          {sources.map((publisher) => (
            <PublisherRow key={publisher.source} publisher={publisher} />
          ))}
        </tbody>
      </table>
    </div>
  )
}

function PublisherRow({ publisher }: { readonly publisher: DuplicateSourceAnswer }) {
  const { source, conflicts, duplicates, events, late_ms, last_seen_at } = publisher
  return (
    <tr>
      <td class="wide">
        <a
          href={hrefWith({ ...fromTheTop, sort: undefined, by: undefined, source })}
          title={`Events that ${source} sent again`}
        >
          {source}
        </a>
      </td>
      <td class="number">
        {conflicts > 0 ? <span class="badge alert">{count(conflicts)}</span> : <span class="quiet">0</span>}
      </td>
      <td class="number">{count(duplicates)}</td>
      <td class="number">{count(events)}</td>
      <td class="number">{lateWords(late_ms.p50)}</td>
      <td class="number">{lateWords(late_ms.p90)}</td>
      <td class="number">{lateWords(late_ms.max)}</td>
      <td class="number">
        <Time at={last_seen_at} />
      </td>
    </tr>
  )
}
