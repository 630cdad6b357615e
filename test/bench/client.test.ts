/** `npm run bench -- client`: what it counts, not how fast. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { measureClient } from '../../bench/client.ts'
import { tinyBench } from '../support/tiny-bench.ts'

test('rate, CPU time and memory of the client are measured, and the books add up', async () => {
  const options = { batches: [100], seconds: 0.1, repeats: 1, memoryEvents: 20_000 }
  const { rates, memory } = await measureClient(options, tinyBench())
  assert.deepEqual(
    rates.map(({ batchEvents }) => batchEvents),
    [100],
  )
  for (const { runs } of rates) {
    for (const { eventsPerSecond, cpuMicrosecondsPerEvent, stored } of runs) {
      assert.ok(eventsPerSecond > 0 && cpuMicrosecondsPerEvent > 0 && stored > 0)
    }
  }
  const [away, spooled, slow] = memory.map(({ run }) => run)
  assert.ok(away !== undefined && spooled !== undefined && slow !== undefined)
  assert.ok(away.queued <= 10_000 && away.queued + away.dropped === 20_000)
  assert.equal(spooled.dropped, 0)
  assert.ok(slow.queued <= 10_000)
})
