/** The first screen: does it work, what comes in, and who sends again. */
import './overview.css'
import { useState } from 'preact/hooks'
import type { DuplicateSourcesAnswer, RatesAnswer } from '../../../../src/http/wire-types.ts'
import { getJson } from '../../api/client.ts'
import { useResource } from '../../api/resource.ts'
import { useTopics } from '../../api/topics.ts'
import { amend, hrefWith, place } from '../../state/location.ts'
import { Connection } from '../../ui/connection.tsx'
import { Screen } from '../../ui/screen.tsx'
import { ActivityCard } from './activity-card.tsx'
import { Figures } from './figures.tsx'
import { PublishersCard } from './publishers-card.tsx'
import { barsBefore, rangeNamed } from './ranges.ts'
import { recentTopics } from './recent-topics.ts'
import { SumLine } from './sum-line.tsx'
import { TopicsCard } from './topics-card.tsx'
import { TryPanel } from './try-panel.tsx'
import { useStats } from './use-stats.ts'

const shownTopics = 10
const shownPublishers = 5
/** The list of topics may be long: it is for names and times, which change slowly. */
const topicsEveryMs = 10_000
/** While a list is empty its first entry should not be waited for. */
const firstEveryMs = 2000

export function Overview() {
  const { query } = place.value
  const stats = useStats()
  const [isFirstRun, setFirstRun] = useState<boolean>()
  // The first answer decides: the panel must not vanish when the event that it waits for arrives.
  if (isFirstRun === undefined && stats.found !== undefined) setFirstRun(stats.found.received === 0)
  const isTrying = isFirstRun === true || query.get('try') === '1'
  const hasAny = (stats.found?.received ?? 0) > 0
  const close = (): void => {
    setFirstRun(false)
    amend(hrefWith({ try: undefined }))
  }
  return (
    <Screen
      title="Overview"
      actions={
        <>
          <Connection error={stats.error} answeredAtMs={stats.answeredAtMs} />
          {!isTrying && (
            <a class="button small" href={hrefWith({ try: '1' })}>
              Send a test event
            </a>
          )}
        </>
      }
    >
      {isTrying && <TryPanel isFirstRun={isFirstRun === true} onClose={close} />}
      <SumLine stats={stats.found} />
      <Figures stats={stats.found} rates={stats.rates} />
      {hasAny && <Traffic topicCount={stats.found?.topics.length ?? 0} />}
    </Screen>
  )
}

function Traffic({ topicCount }: { readonly topicCount: number }) {
  const range = rangeNamed(place.value.query.get('range'))
  const [hasPublishers, setHasPublishers] = useState(false)
  const rates = useResource(
    range.name,
    (signal) =>
      getJson<RatesAnswer>('rates', { ...barsBefore(Date.now(), range), by: 'topic', limit: shownTopics }, signal),
    { everyMs: range.everyMs },
  )
  const topics = useTopics(topicsEveryMs)
  const publishers = useResource(
    'publishers',
    (signal) =>
      getJson<DuplicateSourcesAnswer>('duplicates/sources', { sort: 'duplicates', limit: shownPublishers }, signal),
    { everyMs: hasPublishers ? topicsEveryMs : firstEveryMs },
  )
  if (!hasPublishers && (publishers.found?.total ?? 0) > 0) setHasPublishers(true)
  const known = topics.found?.topics ?? []
  return (
    <>
      <ActivityCard rates={rates} range={range.name} />
      <TopicsCard
        topics={
          rates.found === undefined && topics.found === undefined
            ? undefined
            : recentTopics(rates.found?.series ?? [], known, shownTopics)
        }
        total={topicCount}
        words={range.words}
      />
      <PublishersCard answer={publishers.found} />
    </>
  )
}
