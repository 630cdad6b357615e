/** `npm run bench -- growth`: its curve and its books, not its speed. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openFilledStore } from '../../bench/filled-store.ts'
import { measureGrowth } from '../../bench/growth.ts'
import { growthSvg } from '../../bench/growth-svg.ts'
import { tinyBench } from '../support/tiny-bench.ts'

const topicPlan = { kind: 'spread' } as const

test('a store grows by windows, and knows all its events in the end', async () => {
  using store = openFilledStore({ keep: undefined, topicPlan })
  const options = { store, toKeys: 3500, windowKeys: 2000, repeats: 1, killAfterEvents: 1000, rawSeconds: 0.05 }
  const bench = tinyBench()
  const { windows, counters, recognised, restarts, rawAppend } = await measureGrowth(options, bench)
  assert.deepEqual(
    windows.map(({ keys }) => keys),
    [2000, 3500],
  )
  assert.equal(bench.printed.length, 3, 'a line of names, and one for each window')
  assert.ok(windows.every(({ eventsPerSecond, maxAckMs }) => eventsPerSecond > 0 && maxAckMs > 0))
  assert.equal(recognised, 3 * Math.floor(3500 / 3))
  assert.deepEqual([counters.unique, counters.duplicates, counters.received], [3500, recognised, 3500 + recognised])
  assert.equal(restarts.afterKillMs.length, 1)
  assert.ok(rawAppend.before > 0 && rawAppend.after > 0)
  assert.match(growthSvg(windows, { load: 'a <test>' }), /^<svg [\s\S]*a &lt;test&gt;[\s\S]*<\/svg>\n$/)
})

test('growth begins with an empty store', async () => {
  using store = openFilledStore({ keep: undefined, topicPlan })
  store.addKeys(1)
  const options = { store, toKeys: 10, windowKeys: 10, repeats: 1, killAfterEvents: 1, rawSeconds: 0.01 }
  await assert.rejects(measureGrowth(options, tinyBench()), /begins with none/)
})
