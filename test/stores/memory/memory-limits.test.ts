import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../../../src/core/clock.ts'
import { openMemoryEventStore } from '../../../src/stores/memory/memory-event-store.ts'
import { newEvent } from '../../support/events.ts'

const isFull = { name: 'AppError', code: 'disk_full' }

test('a memory store that is full refuses an append as a whole and goes on answering', async () => {
  await using store = openMemoryEventStore({ clock: systemClock, maxBytes: 10_000 })
  const acked = newEvent()
  await store.append([acked])
  const small = newEvent()
  const large = newEvent({ payload: JSON.stringify({ text: 'x'.repeat(20_000) }) })
  await assert.rejects(store.append([small, large]), isFull)
  assert.equal(await store.findEvent(small.topic, small.eventId), undefined)
  assert.equal((await store.findEvent(acked.topic, acked.eventId))?.seq, 1)
  const { received, lastSeq } = await store.stats()
  assert.deepEqual([received, lastSeq], [1, 1])
  assert.deepEqual(await store.append([small]), [{ status: 'stored', seq: 2 }])
})

test('refused contents take up room as well', async () => {
  await using store = openMemoryEventStore({ clock: systemClock, maxBytes: 10_000 })
  const event = newEvent()
  const payload = JSON.stringify({ text: 'x'.repeat(6000) })
  assert.equal((await store.append([event, { ...event, payload }]))[1]?.status, 'conflict')
  await assert.rejects(store.append([{ ...event, payload }]), isFull)
})

test('a memory store without any room left says that it cannot commit', async () => {
  await using store = openMemoryEventStore({ clock: systemClock, maxBytes: 0 })
  await assert.rejects(store.checkWritable(), isFull)
  await assert.rejects(store.append([newEvent()]), isFull)
})
