/** Ten times the load that the server takes. What depends on time is left to the long run: here, other tests share the cores. */
import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { test } from 'node:test'
import { runOverload } from '../../torture/overload/overload-trial.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

test('under ten times its load the server keeps its memory, refuses with Retry-After, and loses nothing of those who wait', async (t) => {
  const seed = randomInt(2 ** 32)
  t.diagnostic(`seed ${seed}`)
  const { tried, violations } = await runOverload(
    { seed, folder: temporaryFolder(t), signal: t.signal },
    { warmUpMs: 300, peakMs: 700, stormMs: 2000, peakConnections: 8, stormConnections: 64, isTimed: false },
  )
  assert.deepEqual(violations, [])
  assert.ok(tried > 0)
})
