import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runStalledReaders } from '../../torture/faults/stalled-readers.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

test('stalled readers are cut off and resume where they were; publishing goes on, and another misses nothing', async (t) => {
  const trial = { seed: 1, folder: temporaryFolder(t), signal: t.signal }
  const { tried, violations, measured } = await runStalledReaders(trial, { measuredEvents: 10 })
  t.diagnostic(`${tried} events; ${JSON.stringify(measured)}`)
  assert.deepEqual(violations, [])
})
