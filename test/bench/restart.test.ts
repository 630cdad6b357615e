/** `npm run bench -- restart`: the events that must survive, not how fast. */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fillUp } from '../../bench/fill.ts'
import { openFilledStore } from '../../bench/filled-store.ts'
import { measureRestart } from '../../bench/restart.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { tinyBench } from '../support/tiny-bench.ts'

const topicPlan = { kind: 'even', topics: 3 } as const

test('every acknowledged event survives the kill, and a rebuilt index knows all events', async (t) => {
  const keep = join(temporaryFolder(t), 'kept')
  using store = openFilledStore({ keep, topicPlan })
  await fillUp(store, 2500, tinyBench())
  const figures = await measureRestart({ store, repeats: 1, killAfterEvents: 2000 }, tinyBench())
  assert.equal(figures.keys, 2500)
  assert.ok(figures.eventsBeforeKills >= 2000)
  assert.ok(store.description.keys >= 2500 + figures.eventsBeforeKills)
  assert.deepEqual([figures.afterStopMs.length, figures.afterKillMs.length], [1, 1])
  assert.ok(figures.rebuildMs > 0)
})

test('a kept store is known again, and a temporary one goes', async (t) => {
  const keep = temporaryFolder(t)
  {
    using store = openFilledStore({ keep, topicPlan })
    store.addKeys(7)
  }
  using again = openFilledStore({ keep, topicPlan: { kind: 'spread' } })
  assert.deepEqual([again.description.keys, again.description.topicPlan], [7, topicPlan])
  const temporary = openFilledStore({ keep: undefined, topicPlan })
  const folder = join(temporary.url.slice('sqlite:'.length), '..')
  assert.ok(existsSync(folder))
  temporary[Symbol.dispose]()
  assert.ok(!existsSync(folder))
})
