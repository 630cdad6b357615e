/** What happens on a full disk, in order, on the small file system that `SEKALI_TEST_SMALL_DISK` names. */
import assert from 'node:assert/strict'
import { closeSync, mkdtempSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { AppError } from '../../../src/core/errors.ts'
import type { NewEvent } from '../../../src/core/event.ts'
import type { EventStore } from '../../../src/core/event-store.ts'
import { newEvent } from '../../support/events.ts'
import { openStore } from './sqlite-files.ts'

const disk = process.env.SEKALI_TEST_SMALL_DISK ?? ''
const { blocks, bsize } = statfsSync(disk)
assert.ok(blocks * bsize <= 16 * 1024 * 1024, 'the disk is the small one')

/** Far more than fit, so that a disk that never fills is a failure and not a hang. */
const maxBatches = 10_000
const isFull = { name: 'AppError', code: 'disk_full' }

function newPlace(): { readonly path: string; [Symbol.dispose](): void } {
  const folder = mkdtempSync(join(disk, 'store-'))
  return {
    path: join(folder, 'events.db'),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  }
}

/** Takes `bytes` of the disk, or all that is left, until it is disposed of. */
function takeRoom(bytes = Number.POSITIVE_INFINITY): Disposable {
  const path = join(disk, 'ballast')
  const fd = openSync(path, 'w')
  try {
    for (let taken = 0; taken < bytes; ) taken += writeSync(fd, Buffer.alloc(4096))
  } catch (thrown) {
    assert.equal((thrown as NodeJS.ErrnoException).code, 'ENOSPC')
  } finally {
    closeSync(fd)
  }
  return { [Symbol.dispose]: () => rmSync(path) }
}

function newBatch(payloadChars = 200): NewEvent[] {
  const payload = JSON.stringify({ text: 'x'.repeat(payloadChars) })
  return Array.from({ length: 10 }, () => newEvent({ payload }))
}

interface Filled {
  /** In the order of their acks. */
  readonly acked: readonly NewEvent[]
  readonly refused: readonly NewEvent[]
}

async function appendUntilFull(store: EventStore, payloadChars?: number): Promise<Filled> {
  const acked: NewEvent[] = []
  for (let count = 0; count < maxBatches; count++) {
    const batch = newBatch(payloadChars)
    try {
      await store.append(batch)
      acked.push(...batch)
    } catch (thrown) {
      assert.ok(thrown instanceof AppError)
      assert.equal(thrown.code, 'disk_full')
      return { acked, refused: batch }
    }
  }
  assert.fail('the disk never became full')
}

/** Exactly these are stored, in this order, and the counters say so. */
async function assertHolds(store: EventStore, acked: readonly NewEvent[]): Promise<void> {
  const ids: string[] = []
  const payloads: string[] = []
  let after: { seq: number; instantMs: number } | undefined
  do {
    const page = await store.readEvents({ order: 'seq', limit: 1000, timeBudgetMs: 60_000, after })
    ids.push(...page.events.map(({ eventId }) => eventId))
    payloads.push(...page.events.map(({ payload }) => payload))
    after = page.next
  } while (after !== undefined)
  assert.deepEqual(
    ids,
    acked.map(({ eventId }) => eventId),
  )
  assert.deepEqual(
    payloads,
    acked.map(({ payload }) => payload),
  )
  const { received, uniqueProcessed, duplicateDropped } = await store.stats()
  assert.deepEqual([received, uniqueProcessed + duplicateDropped], [uniqueProcessed + duplicateDropped, received])
  assert.equal(uniqueProcessed, acked.length)
}

async function assertWholeAfterReopening(path: string, acked: readonly NewEvent[]): Promise<void> {
  await using store = await openStore(path)
  await assertHolds(store, acked)
  const db = new DatabaseSync(path, { readOnly: true })
  try {
    assert.deepEqual({ ...db.prepare('PRAGMA integrity_check').get() }, { integrity_check: 'ok' })
  } finally {
    db.close()
  }
}

test('appends are refused as a whole while somebody else fills the disk, and taken again when there is room', async () => {
  using place = newPlace()
  let acked: readonly NewEvent[] = []
  {
    await using store = await openStore(place.path)
    const first = newBatch()
    await store.append(first)
    {
      using _ballast = takeRoom()
      const filled = await appendUntilFull(store)
      acked = [...first, ...filled.acked]
      for (let round = 0; round < 3; round++) await assert.rejects(store.append(filled.refused), isFull)
      await assert.rejects(store.checkWritable(), isFull)
      for (const { topic, eventId } of filled.refused) assert.equal(await store.findEvent(topic, eventId), undefined)
      await assertHolds(store, acked)
      acked = [...acked, ...filled.refused]
    }
    await store.checkWritable()
    const refused = acked.slice(-10)
    const results = await store.append(refused)
    const expected = refused.map((_, index) => ({ status: 'stored', seq: acked.length - 9 + index }))
    assert.deepEqual(results, expected)
    assert.equal((await store.append(first))[0]?.status, 'duplicate')
    await assertHolds(store, acked)
  }
  await assertWholeAfterReopening(place.path, acked)
})

test('a store that fills the disk itself loses nothing, also when a checkpoint finds no room', async () => {
  using place = newPlace()
  let acked: readonly NewEvent[] = []
  {
    await using store = await openStore(place.path)
    {
      using _ballast = takeRoom(4 * 1024 * 1024)
      const filled = await appendUntilFull(store, 5000)
      acked = filled.acked
      await assert.rejects(store.append(filled.refused), isFull)
      await assertHolds(store, acked)
    }
    const more = newBatch()
    await store.append(more)
    acked = [...acked, ...more]
    await assertHolds(store, acked)
  }
  await assertWholeAfterReopening(place.path, acked)
})

test('a batch larger than the room that is left is refused and leaves no part of itself', async () => {
  using place = newPlace()
  await using store = await openStore(place.path)
  const acked = newBatch()
  await store.append(acked)
  await assert.rejects(store.append(newBatch(3_000_000)), isFull)
  await assertHolds(store, acked)
  const more = newBatch()
  await store.append(more)
  await assertHolds(store, [...acked, ...more])
})

test('a store that is opened without room says so, and opens once there is some', async () => {
  using place = newPlace()
  {
    using _ballast = takeRoom()
    await assert.rejects(openStore(place.path), isFull)
  }
  await using store = await openStore(place.path)
  assert.equal((await store.append(newBatch()))[0]?.seq, 1)
})

test('claims and acks are refused as a whole without room, and what was leased stays leased', async () => {
  using place = newPlace()
  await using store = await openStore(place.path)
  const { subscriptions } = store
  const name = 'worker'
  const settings = { topics: [], leaseMs: 3_600_000, maxAttempts: 5, push: undefined }
  await subscriptions.create(name, settings, { kind: 'earliest' })
  await store.append(newBatch())
  const { deliveries = [] } = (await subscriptions.claim({ name, maxEvents: 5 })) ?? {}
  const acks = deliveries.map(({ leaseToken }) => ({ kind: 'ack', name, leaseToken }) as const)
  const before = await subscriptions.find(name)
  assert.deepEqual([before?.inFlight, before?.lag], [5, 10])
  {
    using _ballast = takeRoom()
    await appendUntilFull(store)
    // The room that is left is less than a batch of events, and perhaps more than an ack.
    const refusals = await Promise.allSettled(Array.from({ length: 50 }, () => fillByCreating(store)))
    assert.ok(refusals.some(({ status }) => status === 'rejected'))
    await assert.rejects(subscriptions.claim({ name, maxEvents: 5 }), isFull)
    await assert.rejects(subscriptions.settle(acks), isFull)
    const state = await subscriptions.find(name)
    assert.deepEqual([state?.inFlight, state?.acked, state?.position, state?.cursor], [5, 0, 0, 5])
  }
  assert.deepEqual(await subscriptions.settle(acks), ['done', 'done', 'done', 'done', 'done'])
  const { deliveries: next = [] } = (await subscriptions.claim({ name, maxEvents: 5 })) ?? {}
  assert.deepEqual(
    next.map(({ event, attempt }) => [event.seq, attempt]),
    [6, 7, 8, 9, 10].map((seq) => [seq, 1]),
  )
})

/** Small commits, so that not even those find room. */
function fillByCreating({ subscriptions }: EventStore): Promise<unknown> {
  const settings = { topics: ['x'.repeat(200)], leaseMs: 1000, maxAttempts: 1, push: undefined }
  return subscriptions.create(crypto.randomUUID(), settings, { kind: 'latest' })
}
