/** The topics that the overview names: those that received most lately, then those that were seen last. No DOM. */
import type { RateSeriesAnswer, TopicAnswer } from '../../../../src/http/wire-types.ts'

export interface RecentTopic {
  readonly name: string
  readonly stored: readonly number[]
  readonly duplicates: readonly number[]
  readonly storedCount: number
  readonly duplicateCount: number
  /** Undefined while the list of topics is not there, or does not hold it. */
  readonly topic: TopicAnswer | undefined
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

export function recentTopics(
  series: readonly RateSeriesAnswer[],
  topics: readonly TopicAnswer[],
  max: number,
): RecentTopic[] {
  const byName = new Map(topics.map((topic) => [topic.topic, topic]))
  const busy = series
    .filter(({ unique, duplicates }) => sum(unique) + sum(duplicates) > 0)
    .map((each) => ({
      name: each.name,
      stored: each.unique,
      duplicates: each.duplicates,
      storedCount: sum(each.unique),
      duplicateCount: sum(each.duplicates),
      topic: byName.get(each.name),
    }))
  const busyNames = new Set(busy.map(({ name }) => name))
  const quiet = topics
    .filter(({ topic }) => !busyNames.has(topic))
    .toSorted((one, other) => (one.last_seen_at < other.last_seen_at ? 1 : -1))
    .map((topic) => ({ name: topic.topic, stored: [], duplicates: [], storedCount: 0, duplicateCount: 0, topic }))
  return [...busy, ...quiet].slice(0, max)
}
