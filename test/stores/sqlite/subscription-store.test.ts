/** Subscriptions in a whole SQLite store: which calls cost a commit, and which do not. */
import assert from 'node:assert/strict'
import { statSync } from 'node:fs'
import { test } from 'node:test'
import type { SubscriptionSettings } from '../../../src/core/subscription.ts'
import { newEvent } from '../../support/events.ts'
import { newFile, openStore, query } from './sqlite-files.ts'

const name = 'worker'
const settings: SubscriptionSettings = { topics: ['wanted'], leaseMs: 60_000, maxAttempts: 2, push: undefined }

test('what changes deliveries is written when it resolves, and what changes nothing writes nothing', async (t) => {
  const path = newFile(t)
  await using store = await openStore(path)
  const { subscriptions } = store
  const walBytes = () => statSync(`${path}-wal`).size
  const assertWrites = async (isWritten: boolean, call: () => Promise<unknown>) => {
    const before = walBytes()
    await call()
    assert.equal(walBytes() > before, isWritten, String(call))
  }
  const claim = () => subscriptions.claim({ name, maxEvents: 10 })
  await assertWrites(true, () => subscriptions.create(name, settings, { kind: 'earliest' }))
  await assertWrites(false, () => subscriptions.create(name, settings, { kind: 'earliest' }))
  await store.append([newEvent({ topic: 'other' })])
  await assertWrites(false, claim)
  assert.equal((await subscriptions.find(name))?.cursor, 1)
  assert.deepEqual(query(path, 'SELECT cursor FROM subscription'), [{ cursor: 0 }])
  await store.append([newEvent({ topic: 'wanted' })])
  let commands: { kind: 'ack'; name: string; leaseToken: string }[] = []
  await assertWrites(true, async () => {
    const { deliveries = [] } = (await claim()) ?? {}
    commands = deliveries.map(({ leaseToken }) => ({ kind: 'ack', name, leaseToken }))
  })
  assert.deepEqual(query(path, 'SELECT cursor FROM subscription'), [{ cursor: 2 }])
  await assertWrites(false, claim)
  await assertWrites(true, () => subscriptions.settle(commands))
  await assertWrites(false, () => subscriptions.settle(commands))
  await assertWrites(false, () => subscriptions.list())
  await assertWrites(true, () => subscriptions.seek(name, { kind: 'earliest' }))
  await assertWrites(true, () => subscriptions.remove(name))
})

test('a long look at what nobody asks for is written now and then', async (t) => {
  const path = newFile(t)
  await using store = await openStore(path)
  const { subscriptions } = store
  await subscriptions.create(name, settings, { kind: 'earliest' })
  for (let round = 0; round < 3; round++) {
    await store.append(Array.from({ length: 5000 }, () => newEvent({ topic: 'other' })))
  }
  let claim = await subscriptions.claim({ name, maxEvents: 10 })
  while (claim?.hasMore) claim = await subscriptions.claim({ name, maxEvents: 10 })
  assert.equal((await subscriptions.find(name))?.cursor, 15_000)
  const [row] = query(path, 'SELECT cursor FROM subscription')
  assert.ok(Number(row?.cursor) >= 5000)
})

test('claims of one subscription take turns: each gets as many as it asks for', async (t) => {
  await using store = await openStore(newFile(t))
  const { subscriptions } = store
  await subscriptions.create(name, settings, { kind: 'earliest' })
  await store.append(Array.from({ length: 100 }, () => newEvent({ topic: 'wanted' })))
  const claims = await Promise.all(Array.from({ length: 20 }, () => subscriptions.claim({ name, maxEvents: 5 })))
  assert.deepEqual(
    claims.map((claim) => claim?.deliveries.map(({ event }) => event.seq)),
    claims.map((_, index) => [1, 2, 3, 4, 5].map((place) => 5 * index + place)),
  )
})

test('a claim that a seek overtakes looks again', async (t) => {
  await using store = await openStore(newFile(t))
  const { subscriptions } = store
  await subscriptions.create(name, settings, { kind: 'earliest' })
  await store.append(Array.from({ length: 20 }, () => newEvent({ topic: 'wanted' })))
  for (let seq = 1; seq <= 20; seq++) {
    const [claim] = await Promise.all([
      subscriptions.claim({ name, maxEvents: 1 }),
      subscriptions.seek(name, { kind: 'seq', seq }),
    ])
    const given = claim?.deliveries.map(({ event }) => event.seq)
    assert.ok(given?.length === 0 || given?.[0] === seq || given?.[0] === seq + 1, `${given} at ${seq}`)
  }
})

test('calls after the store was closed are refused, and those that wait for their turn too', async (t) => {
  const store = await openStore(newFile(t))
  const { subscriptions } = store
  await subscriptions.create(name, settings, { kind: 'earliest' })
  await store.append(Array.from({ length: 100 }, () => newEvent({ topic: 'wanted' })))
  const claims = Promise.allSettled(Array.from({ length: 50 }, () => subscriptions.claim({ name, maxEvents: 1 })))
  await store[Symbol.asyncDispose]()
  for (const outcome of await claims) {
    if (outcome.status === 'rejected') assert.equal(outcome.reason.code, 'store_unavailable')
    else assert.equal(outcome.value?.deliveries.length, 1)
  }
  await assert.rejects(subscriptions.claim({ name, maxEvents: 1 }), { code: 'store_unavailable' })
  await assert.rejects(subscriptions.settle([]), { code: 'store_unavailable' })
})

test('more claims at once than may wait are refused, and no more', async (t) => {
  await using store = await openStore(newFile(t))
  const { subscriptions } = store
  await subscriptions.create(name, settings, { kind: 'earliest' })
  const claims = await Promise.allSettled(
    Array.from({ length: 1100 }, () => subscriptions.claim({ name, maxEvents: 1 })),
  )
  const refused = claims.filter((outcome) => outcome.status === 'rejected')
  assert.equal(refused.length, 100)
  for (const { reason } of refused) assert.equal(reason.code, 'store_unavailable')
  assert.deepEqual((await subscriptions.claim({ name, maxEvents: 1 }))?.deliveries, [])
})
