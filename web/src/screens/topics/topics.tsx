/** All topics: how much each received, how much of it came again, and its last hour. */
import './topics.css'
import { useMemo } from 'preact/hooks'
import type { RatesAnswer } from '../../../../src/http/wire-types.ts'
import { getJson } from '../../api/client.ts'
import { useResource } from '../../api/resource.ts'
import { useTopics } from '../../api/topics.ts'
import { count } from '../../state/format.ts'
import { useKeys } from '../../state/keys.ts'
import { amend, hrefTo, hrefWith, place } from '../../state/location.ts'
import { Card } from '../../ui/card.tsx'
import { Empty, ErrorNote, Loading } from '../../ui/notes.tsx'
import { Screen } from '../../ui/screen.tsx'
import { barsBefore, rangeNamed } from '../overview/ranges.ts'
import { PageLinks } from './page-links.tsx'
import { namesThatFit, readView, topicsPage } from './topic-list.ts'
import { TopicTable } from './topic-table.tsx'

const pageSize = 50
const everyMs = 5000
/** Of the names in one address; servers and proxies refuse much longer ones. */
const maxNamesBytes = 6000
const range = rangeNamed('1h')

export function Topics() {
  const topics = useTopics(everyMs)
  const view = readView(place.value.query)
  const known = topics.found?.topics
  const page = useMemo(() => known && topicsPage(known, view, pageSize), [known, JSON.stringify(view)])
  const names = namesThatFit(page?.shown.map(({ topic }) => topic) ?? [], maxNamesBytes)
  const rates = useResource(
    names.length === 0 ? undefined : names.toSorted().join('\n'),
    (signal) =>
      getJson<RatesAnswer>(
        'rates',
        { ...barsBefore(Date.now(), range), by: 'topic', name: names, limit: pageSize },
        signal,
      ),
    { everyMs },
  )
  return (
    <Screen title="Topics" actions={<Filter value={view.filter} />}>
      {topics.error !== undefined && <ErrorNote what="The topics" error={topics.error} onRetry={topics.reload} />}
      {page === undefined || known === undefined ? (
        topics.error === undefined && <Loading />
      ) : known.length === 0 ? (
        <Card title="No topics yet">
          <Empty>
            A topic begins with its first event. <a href={hrefTo([], { try: '1' })}>Publish one</a>
          </Empty>
        </Card>
      ) : (
        <Card
          title={
            view.filter === ''
              ? `${count(known.length)} ${known.length === 1 ? 'topic' : 'topics'}`
              : `${count(page.matching)} of ${count(known.length)} topics`
          }
          edge
          actions={<PageLinks page={page.page} pages={page.pages} />}
        >
          {page.matching === 0 ? (
            <Empty>
              No topic has “{view.filter}” in its name. <a href={hrefWith({ q: undefined })}>Show all</a>
            </Empty>
          ) : (
            <TopicTable topics={page.shown} view={view} series={rates.found?.series ?? []} words={range.words} />
          )}
        </Card>
      )}
    </Screen>
  )
}

function Filter({ value }: { readonly value: string }) {
  useKeys('Topics', [
    {
      keys: '/',
      label: 'Filter by name',
      run: () => document.querySelector<HTMLInputElement>('#topic-filter')?.focus(),
    },
  ])
  return (
    <input
      id="topic-filter"
      class="field topic-filter"
      type="search"
      aria-label="Filter by name"
      placeholder="Filter by name  /"
      value={value}
      onInput={({ currentTarget }) => amend(hrefWith({ q: currentTarget.value, page: undefined }))}
    />
  )
}
