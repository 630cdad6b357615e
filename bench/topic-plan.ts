/** How the events of a filled store are spread over topics. */
import { positiveWhole } from './flags.ts'

/** `spread`: half of all events in one topic, 45 % in a hundred, 5 % in ten thousand; `even`: all topics alike. */
export type TopicPlan = { readonly kind: 'spread' } | { readonly kind: 'even'; readonly topics: number }

export interface TopicGroup {
  readonly name: string
  /** Names of topics of about the same size. */
  readonly topics: readonly string[]
}

export interface Topics {
  /** Topic of event number `index`. */
  topicOf(index: number): string
  readonly groups: readonly TopicGroup[]
}

const mediumTopics = 100
const rareTopics = 10_000
/** Of the events that are not in the dense topic, one in so many is in a rare one. */
const rareEvery = 10

export function openTopics(plan: TopicPlan): Topics {
  if (plan.kind === 'even') {
    const topics = numbered('bench.', plan.topics)
    const group = { name: `one of ${plan.topics}`, topics }
    return { topicOf: (index) => topics[index % plan.topics] as string, groups: [group] }
  }
  const dense = 'bench.dense'
  const medium = numbered('bench.medium.', mediumTopics)
  const rare = numbered('bench.rare.', rareTopics)
  return {
    topicOf(index) {
      if (index % 2 === 0) return dense
      const other = Math.floor(index / 2)
      const rareBefore = Math.ceil(other / rareEvery)
      if (other % rareEvery === 0) return rare[rareBefore % rareTopics] as string
      return medium[(other - rareBefore) % mediumTopics] as string
    },
    groups: [
      { name: 'dense', topics: [dense] },
      { name: 'medium', topics: medium },
      { name: 'rare', topics: rare },
    ],
  }
}

/** @throws UsageError when it is neither a number of topics nor `spread`. */
export function parseTopicPlan(text: string | undefined): TopicPlan {
  if (text === 'spread') return { kind: 'spread' }
  return { kind: 'even', topics: positiveWhole({ topics: text }, 'topics') }
}

function numbered(prefix: string, count: number): string[] {
  const digits = String(count - 1).length
  return Array.from({ length: count }, (_, number) => `${prefix}${String(number).padStart(digits, '0')}`)
}
