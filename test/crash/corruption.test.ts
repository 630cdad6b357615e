/** Damaged files, as `npm run torture -- --only corruption` makes them; each run has other seeds. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { corruptionFault } from '../../torture/faults/corruption.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

/** Of four damaged stores each. */
const trials = 5

test('damage is found, or harmless: never a wrong answer', async (t) => {
  for (let trial = 0; trial < trials; trial++) {
    const seed = crypto.getRandomValues(new Uint32Array(1))[0] ?? 0
    const { violations } = await corruptionFault.run({ seed, folder: temporaryFolder(t), signal: t.signal })
    assert.deepEqual(violations, [], `seed ${seed}`)
  }
})
