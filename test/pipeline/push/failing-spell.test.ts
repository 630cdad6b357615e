import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FailingSpell } from '../../../src/pipeline/push/failing-spell.ts'

test('only the first failure and the first success after it go to the store, whoever saw them', async () => {
  const stored: (number | undefined)[] = []
  const failing = new FailingSpell(undefined, async (atMs) => stored.push(atMs))
  await failing.recordSuccess()
  const spells = [await failing.recordFailure(1000), await failing.recordFailure(5000)]
  await failing.recordSuccess()
  await failing.recordSuccess()
  assert.deepEqual([...spells, await failing.recordFailure(7000)], [0, 4000, 0])
  assert.deepEqual(stored, [1000, undefined, 7000])
})

test('what the store could not keep is tried again', async () => {
  let calls = 0
  const failing = new FailingSpell(undefined, async () => {
    if (++calls === 1) throw new Error('busy')
  })
  await assert.rejects(failing.recordFailure(1000), /busy/)
  assert.equal(await failing.recordFailure(2000), 0)
  assert.equal(await failing.recordFailure(3000), 1000)
})
