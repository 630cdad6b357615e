/** The list of all topics, kept up to date; a long one is asked for less often. */
import { useState } from 'preact/hooks'
import type { TopicsAnswer } from '../../../src/http/wire-types.ts'
import { getJson } from './client.ts'
import { type Resource, useResource } from './resource.ts'

const longFromTopics = 1000
/** Ten thousand topics are 1.8 MB. */
const longEveryMs = 30_000

export function useTopics(everyMs: number): Resource<TopicsAnswer> {
  const [isLong, setLong] = useState(false)
  const topics = useResource('topics', (signal) => getJson<TopicsAnswer>('topics', {}, signal), {
    everyMs: isLong ? longEveryMs : everyMs,
  })
  if (!isLong && (topics.found?.topics.length ?? 0) > longFromTopics) setLong(true)
  return topics
}
