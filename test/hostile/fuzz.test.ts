import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hostileFault } from '../../torture/faults/hostile.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

test('requests that are changed at random get what the contract says, and the valid ones are stored once', async (t) => {
  const seed = Number(process.env.SEED ?? crypto.getRandomValues(new Uint32Array(1))[0])
  t.diagnostic(`seed ${seed}`)
  const { tried, violations } = await hostileFault.run({ seed, folder: temporaryFolder(t), signal: t.signal })
  assert.deepEqual(violations, [])
  assert.ok(tried >= 5000)
})
