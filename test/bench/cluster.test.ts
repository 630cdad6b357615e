/** `npm run bench -- cluster`: what it counts, not how fast. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { measureCluster } from '../../bench/cluster.ts'
import { tinyBench } from '../support/tiny-bench.ts'

test('a bare INSERT, one node and two nodes are measured on one server', async () => {
  const runs = await measureCluster({ seconds: 0.2, repeats: 1, batches: 10 }, tinyBench())
  assert.equal(runs.length, 1)
  for (const { bare, oneNode, twoNodes } of runs) assert.ok(bare > 0 && oneNode > 0 && twoNodes > 0)
})
