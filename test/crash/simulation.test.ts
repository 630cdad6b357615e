import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { simulationFault } from '../../torture/faults/simulation.ts'
import { runBlock } from '../../torture/sim/block.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const trials = 5
const main = fileURLToPath(new URL('../../torture/sim/main.ts', import.meta.url))

test('the core keeps its promises under 5,000 seeds of crashes, lost writes and refused commits', async (t) => {
  let tried = 0
  for (let trial = 0; trial < trials; trial++) {
    const seed = randomInt(2 ** 32)
    t.diagnostic(`seed ${seed}`)
    const result = await simulationFault.run({ seed, folder: temporaryFolder(t), signal: t.signal })
    assert.deepEqual(result.violations, [], `trial with seed ${seed}`)
    tried += result.tried
  }
  assert.equal(tried, 5000)
})

test('a seed does the same bit for bit when it is run again, and in another process', async (t) => {
  const block = { first: randomInt(2 ** 32), count: 25 }
  t.diagnostic(`seeds from ${block.first}`)
  const [once, again] = [await runBlock(block, t.signal), await runBlock(block, t.signal)]
  assert.deepEqual(again, once)
  assert.ok(new Set(once.map(({ hash }) => hash)).size > 20, 'seeds differ')
  const args = [main, '--seed', String(block.first), '--count', String(block.count), '--hashes']
  const { stdout } = await promisify(execFile)(process.execPath, args, { signal: t.signal })
  assert.deepEqual(
    stdout.split('\n').slice(0, block.count),
    once.map(({ seed, hash }) => `${seed} ${hash}`),
  )
})
