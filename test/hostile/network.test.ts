import assert from 'node:assert/strict'
import { test } from 'node:test'
import { networkFault } from '../../torture/faults/network.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

test('over a network that loses requests and answers every event is stored once', async (t) => {
  const seed = Number(process.env.SEED ?? crypto.getRandomValues(new Uint32Array(1))[0])
  t.diagnostic(`seed ${seed}`)
  const { violations } = await networkFault.run({ seed, folder: temporaryFolder(t), signal: t.signal })
  assert.deepEqual(violations, [])
})
