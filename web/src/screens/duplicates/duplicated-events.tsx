/** The events that came again, conflicts first; each opens to its copies. */
import type { DuplicatedEventsAnswer, DuplicateSourcesAnswer } from '../../../../src/http/wire-types.ts'
import { getJson } from '../../api/client.ts'
import { useResource } from '../../api/resource.ts'
import { count } from '../../state/format.ts'
import { hrefWith } from '../../state/location.ts'
import { Card } from '../../ui/card.tsx'
import { Empty, ErrorNote, Loading } from '../../ui/notes.tsx'
import { Pages } from '../../ui/pages.tsx'
import { publisherSentence } from './duplicate-words.ts'
import { DuplicatedEventTable } from './duplicated-event-table.tsx'
import { type DuplicatesView, fromTheTop } from './duplicates-view.ts'
import { FilterBar } from './filter-bar.tsx'
import { WindowNote } from './window-note.tsx'

export const pageRows = 50
const everyMs = 5000
/** The server's largest page; a publisher beyond it goes without its sentence. */
const maxSources = 1000

export function DuplicatedEvents({ view }: { readonly view: DuplicatesView }) {
  const { topic, source, sort, cursor, isConflictsOnly, openSeq } = view
  const asked = { topic, source, sort, cursor, ...(isConflictsOnly && { conflict: true }) }
  const { found, error, reload } = useResource(
    JSON.stringify(asked),
    (signal) => getJson<DuplicatedEventsAnswer>('duplicates/events', { ...asked, limit: pageRows }, signal),
    // What one reads stays where it is.
    { everyMs: openSeq === undefined && cursor === undefined ? everyMs : undefined },
  )
  return (
    <Card
      title={found === undefined ? 'Events' : `Events (${count(found.total)})`}
      actions={<FilterBar view={view} />}
      edge
    >
      {source !== undefined && <PublisherLine source={source} topic={topic} />}
      {error !== undefined && <ErrorNote what="The duplicates" error={error} onRetry={reload} />}
      {found === undefined ? (
        error === undefined && <Loading />
      ) : found.total === 0 ? (
        <Empty>
          No duplicate fits the filter.{' '}
          <a href={hrefWith({ ...fromTheTop, topic: undefined, source: undefined, conflict: undefined })}>Clear it</a>
        </Empty>
      ) : (
        <DuplicatedEventTable events={found.events} view={view} />
      )}
      {found !== undefined && <WindowNote window={found.window} />}
      {found !== undefined && (
        <Pages page={view.page} rows={found.total} pageRows={pageRows} next={found.next_cursor} />
      )}
    </Card>
  )
}

/** What the publisher of the filter does, in a sentence. */
function PublisherLine({ source, topic }: { readonly source: string; readonly topic: string | undefined }) {
  const { found } = useResource(
    JSON.stringify([source, topic]),
    (signal) => getJson<DuplicateSourcesAnswer>('duplicates/sources', { topic, limit: maxSources }, signal),
    { everyMs },
  )
  const publisher = found?.sources.find((each) => each.source === source)
  return (
    <p class="publisher-line">
      <strong>{source}</strong>{' '}
      {publisher === undefined
        ? found === undefined
          ? '\u00a0'
          : 'sent nothing again.'
        : publisherSentence(publisher)}
    </p>
  )
}
