/** `npm run bench -- latency`: what it counts, not how fast. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { latencyCommand, measureLatency } from '../../bench/latency.ts'
import { tinyBench } from '../support/tiny-bench.ts'

test('acks at half of the peak and of a lone event are measured, and the books add up', async () => {
  const { atHalfOfPeak, lone } = await measureLatency({ seconds: 0.1, peakSeconds: 0.1, repeats: 1 }, tinyBench())
  assert.deepEqual(
    atHalfOfPeak.map(({ row }) => row.batchEvents),
    [1000, 100, 1],
  )
  for (const { runs } of atHalfOfPeak) {
    assert.equal(runs.length, 1)
    for (const run of runs) {
      assert.equal(run.counts.unique + run.counts.refused, run.counts.sent)
      assert.ok(run.peakEventsPerSecond > 0 && run.eventsPerSecond > 0)
      const quantiles = [run.p50Ms, run.p90Ms, run.p99Ms, run.p999Ms, run.maxMs]
      assert.deepEqual(
        quantiles,
        quantiles.toSorted((a, b) => a - b),
      )
      assert.ok(run.p50Ms > 0)
    }
  }
  assert.ok(lone.length === 1 && lone.every(({ p50Ms, maxMs }) => p50Ms > 0 && p50Ms <= maxMs))
})

test('a wrong option is refused before anything starts', async () => {
  const flags = { seconds: '1', 'peak-seconds': 'x', repeats: '1' }
  await assert.rejects(latencyCommand.run(flags, tinyBench()), /--peak-seconds must be above 0/)
})
