import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mintEventIds } from '../../src/client/event-id.ts'

const uuidV7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

test('an id is a UUIDv7 of the moment', () => {
  const mint = mintEventIds(() => Date.parse('2026-01-31T09:30:00.123Z'))
  const id = mint()
  assert.match(id, uuidV7)
  assert.equal(Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16), Date.parse('2026-01-31T09:30:00.123Z'))
})

test('ids sort as they were minted: within a millisecond, beyond the counter, and when the clock goes back', () => {
  let nowMs = 1_800_000_000_000
  const mint = mintEventIds(() => nowMs)
  const ids = Array.from({ length: 10_000 }, mint)
  nowMs -= 60_000
  ids.push(...Array.from({ length: 10_000 }, mint))
  nowMs += 120_000
  ids.push(mint())
  assert.deepEqual(ids, ids.toSorted())
  assert.equal(new Set(ids).size, ids.length)
  assert.ok(ids.every((id) => uuidV7.test(id)))
})
