/** `npm run bench -- queries`: right answers, also while events are published; not how fast. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fillUp } from '../../bench/fill.ts'
import { openFilledStore } from '../../bench/filled-store.ts'
import { measureQueries } from '../../bench/queries.ts'
import { tinyBench } from '../support/tiny-bench.ts'

test('every question is asked idle and while events are published, and every answer is right', async () => {
  using store = openFilledStore({ keep: undefined, topicPlan: { kind: 'spread' } })
  await fillUp(store, 3000, tinyBench())
  const options = { store, repeats: 1, requests: 2, peakSeconds: 0.05, phaseMs: 300 }
  const { keys, questions, published, peakEventsPerSecond } = await measureQueries(options, tinyBench())
  assert.equal(keys, 3000)
  assert.ok(peakEventsPerSecond > 0)
  const sent = published.reduce((total, phase) => total + phase.sent, 0)
  assert.ok(sent > 0 && store.description.keys > 3000 + sent, 'all that was published is known')
  for (const { name, idle, publishing, answerBytes } of questions) {
    assert.deepEqual([idle[0]?.count, publishing[0]?.count], [2, 2], name)
    assert.ok(answerBytes > 0)
  }
  const names = questions.map(({ name }) => name).join('\n')
  for (const what of [
    /dense/,
    /medium/,
    /rare/,
    /deep page/,
    /time range/,
    /stats/,
    /topics/,
    /health/,
    /new/,
    /search/,
  ]) {
    assert.match(names, what)
  }
})
