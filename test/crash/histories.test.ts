/** A thousand random histories of the SQLite store, other ones in every run. */
import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { test } from 'node:test'
import { runHistories } from '../../torture/faults/histories.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

test('in a thousand histories of batches, deliveries, crashes and clock jumps the store does what the models do', async (t) => {
  const seed = randomInt(2 ** 32)
  t.diagnostic(`seed ${seed}`)
  const { violations, tried } = await runHistories({ seed, folder: temporaryFolder(t), signal: t.signal }, 1000)
  assert.deepEqual(violations, [])
  assert.equal(tried, 1000)
})
