import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openTopics, parseTopicPlan } from '../../bench/topic-plan.ts'

test('spread topics: half of the events in one, the most of the rest in a hundred, few in each of ten thousand', () => {
  const { topicOf, groups } = openTopics({ kind: 'spread' })
  const counts = new Map<string, number>()
  for (let index = 0; index < 400_000; index++) counts.set(topicOf(index), (counts.get(topicOf(index)) ?? 0) + 1)
  const countsOf = groups.map(({ topics }) => topics.map((topic) => counts.get(topic) ?? 0))
  assert.deepEqual(
    countsOf.map((each) => [each.length, Math.min(...each), Math.max(...each)]),
    [
      [1, 200_000, 200_000],
      [100, 1800, 1800],
      [10_000, 2, 2],
    ],
  )
})

test('even topics follow each other', () => {
  const { topicOf, groups } = openTopics(parseTopicPlan('12'))
  assert.deepEqual([topicOf(0), topicOf(11), topicOf(12)], ['bench.00', 'bench.11', 'bench.00'])
  assert.equal(groups[0]?.topics.length, 12)
  assert.throws(() => parseTopicPlan('some'), /--topics must be/)
})
