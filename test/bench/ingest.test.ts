/** `npm run bench -- ingest`: its rows and its books, not its speed. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ingestCommand, measureIngest } from '../../bench/ingest.ts'
import { tinyBench } from '../support/tiny-bench.ts'

test('every row is measured beside a raw append, and its books add up', async () => {
  const { rawRates, figures } = await measureIngest({ seconds: 0.05, repeats: 1, topics: [100] }, tinyBench())
  assert.equal(rawRates.length, 1)
  assert.deepEqual(
    figures.map(({ row }) => [row.batchEvents, row.connections, row.topics]),
    [
      [1000, 4, 10],
      [100, 8, 10],
      [1, 64, 10],
      [1000, 4, 100],
    ],
  )
  for (const { runs, latencies } of figures) {
    assert.equal(runs.length, 1)
    for (const { counts, eventsPerSecond, ofRawAppend } of runs) {
      assert.equal(counts.unique + counts.refused, counts.sent)
      assert.ok(counts.unique > 0 && eventsPerSecond > 0 && ofRawAppend > 0)
    }
    assert.ok(latencies.count > 0)
  }
})

test('what is measured without a number that makes sense is refused', async () => {
  await assert.rejects(ingestCommand.run({ seconds: '0' }, tinyBench()), /--seconds must be above 0/)
  await assert.rejects(ingestCommand.run({ seconds: '1', repeats: '1.5' }, tinyBench()), /--repeats must be a whole/)
})
