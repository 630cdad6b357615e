/** `npm run bench -- delivery`: what it counts, not how fast. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deliveryCommand, measureDelivery } from '../../bench/delivery.ts'
import { tinyBench } from '../support/tiny-bench.ts'

test('tails and a subscription are measured, and every event arrives', async () => {
  const options = { seconds: 0.1, repeats: 1, readers: [1, 3], idleReaders: 5, backlog: 2500 }
  const [run, ...others] = await measureDelivery(options, tinyBench())
  assert.ok(run !== undefined && others.length === 0)
  assert.ok(run.tailP50Ms > 0 && run.tailP50Ms <= run.tailP99Ms)
  assert.deepEqual(
    run.fanOut.map(({ readers }) => readers),
    [1, 3],
  )
  for (const { eventsPerSecond } of run.fanOut) assert.ok(eventsPerSecond > 0)
  assert.ok(run.pulledPerSecond > 0)
})

test('a wrong option is refused before anything starts', async () => {
  const flags = { seconds: '1', repeats: '1', readers: '1,x', idle: '1', backlog: '1' }
  await assert.rejects(deliveryCommand.run(flags, tinyBench()), /--readers must be above 0/)
})
