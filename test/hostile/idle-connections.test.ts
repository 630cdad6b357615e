import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runIdleConnections } from '../../torture/faults/idle-connections.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

test('idle readers that have gone leave no descriptor and are counted no more', async (t) => {
  const trial = { seed: 1, folder: temporaryFolder(t), signal: t.signal }
  const { violations, measured } = await runIdleConnections(trial, { readers: 500, maxKiB: 200 })
  t.diagnostic(JSON.stringify(measured))
  assert.deepEqual(violations, [])
})
