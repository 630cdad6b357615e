import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../../src/core/clock.ts'
import { AppError } from '../../src/core/errors.ts'
import { BoundedQueue } from '../../src/pipeline/bounded-queue.ts'
import { type CommittedGroup, Consumer } from '../../src/pipeline/consumer.ts'
import { newEvent } from '../support/events.ts'
import { type HeldStore, openHeldStore } from '../support/held-store.ts'

interface Pipeline extends HeldStore {
  readonly queue: BoundedQueue
  readonly consumer: Consumer
  readonly commits: CommittedGroup[]
  readonly failures: string[]
}

function startPipeline(capacityEvents = 10_000): Pipeline {
  const held = openHeldStore()
  const queue = new BoundedQueue({ capacityEvents, capacityBytes: 1e9, maxWaitMs: 60_000 })
  const commits: CommittedGroup[] = []
  const failures: string[] = []
  const consumer = new Consumer({
    queue,
    store: held.store,
    clock: systemClock,
    onCommit: (group) => commits.push(group),
    onFailure: (error, events) => failures.push(`${error.code} ${events}`),
  })
  return { ...held, queue, consumer, commits, failures }
}

function isSettled(promise: Promise<unknown>): Promise<boolean> {
  return Promise.race([promise.then(() => true), Promise.resolve(false)])
}

test('a publisher is answered only after its commit', async () => {
  const { consumer, nextAppend } = startPipeline()
  const published = consumer.publish([newEvent()], 1)
  const append = await nextAppend()
  assert.equal(await isSettled(published), false)
  append.commit()
  assert.deepEqual(await published, [{ status: 'stored', seq: 1 }])
})

test('a lone event is committed at once', async () => {
  const { consumer, nextAppend } = startPipeline()
  const published = consumer.publish([newEvent()], 1)
  const append = await nextAppend()
  assert.equal(append.events.length, 1)
  append.commit()
  await published
})

test('publishers of the same turn share one commit', async () => {
  const { consumer, nextAppend, commits } = startPipeline()
  const published = Array.from({ length: 64 }, () => consumer.publish([newEvent()], 1))
  const append = await nextAppend()
  assert.equal(append.events.length, 64)
  append.commit()
  await Promise.all(published)
  assert.equal(commits.length, 1)
})

test('events that arrive during a commit share the next group', async () => {
  const { consumer, nextAppend } = startPipeline()
  const first = consumer.publish([newEvent()], 1)
  const firstAppend = await nextAppend()
  const later = [consumer.publish([newEvent()], 1), consumer.publish([newEvent(), newEvent()], 1)]
  firstAppend.commit()
  const secondAppend = await nextAppend()
  assert.equal(secondAppend.events.length, 3)
  secondAppend.commit()
  await Promise.all([first, ...later])
})

test('a group never has more events than a store takes at once', async () => {
  const { consumer, nextAppend } = startPipeline(1_000_000)
  const batch = Array.from({ length: 1000 }, () => newEvent())
  const published = Array.from({ length: 25 }, () => consumer.publish(batch, 1))
  const sizes: number[] = []
  while (sizes.reduce((sum, size) => sum + size, 0) < 25_000) {
    const append = await nextAppend()
    sizes.push(append.events.length)
    append.commit()
  }
  assert.deepEqual(sizes, [10_000, 10_000, 5000])
  await Promise.all(published)
})

test('every publisher gets the results of its own events, in its order', async () => {
  const { consumer, nextAppend } = startPipeline()
  const shared = newEvent()
  const first = consumer.publish([newEvent(), shared], 1)
  const second = consumer.publish([shared, newEvent()], 1)
  ;(await nextAppend()).commit()
  assert.deepEqual(await first, [
    { status: 'stored', seq: 1 },
    { status: 'stored', seq: 2 },
  ])
  assert.deepEqual(await second, [
    { status: 'duplicate', seq: 2 },
    { status: 'stored', seq: 3 },
  ])
})

test('a failed commit fails its whole group, acknowledges nothing, and the next group goes on', async () => {
  const { consumer, nextAppend, failures, commits } = startPipeline()
  const failed = [consumer.publish([newEvent()], 1), consumer.publish([newEvent()], 1)]
  ;(await nextAppend()).fail(new AppError('disk_full', 'no room'))
  for (const each of failed) await assert.rejects(each, { code: 'disk_full' })
  assert.deepEqual(failures, ['disk_full 2'])
  const healed = consumer.publish([newEvent()], 1)
  ;(await nextAppend()).commit()
  assert.deepEqual(await healed, [{ status: 'stored', seq: 1 }])
  assert.equal(commits.length, 1)
})

test('after store_failed nothing is committed or acknowledged any more', async () => {
  const { consumer, nextAppend, failures } = startPipeline()
  const first = consumer.publish([newEvent()], 1)
  const append = await nextAppend()
  const waiting = consumer.publish([newEvent(), newEvent()], 1)
  append.fail(new AppError('store_failed', 'EIO'))
  await assert.rejects(first, { code: 'store_failed' })
  await assert.rejects(waiting, { code: 'store_failed' })
  await assert.rejects(consumer.publish([newEvent()], 1), { code: 'store_failed' })
  assert.deepEqual(failures, ['store_failed 1', 'store_failed 2'])
})

test('closing commits what is queued and refuses what comes later', async () => {
  const { consumer, nextAppend } = startPipeline()
  const first = consumer.publish([newEvent()], 1)
  const firstAppend = await nextAppend()
  const second = consumer.publish([newEvent()], 1)
  const closed = consumer[Symbol.asyncDispose]()
  await assert.rejects(consumer.publish([newEvent()], 1), { code: 'draining' })
  firstAppend.commit()
  ;(await nextAppend()).commit()
  await closed
  assert.equal((await first).length + (await second).length, 2)
})

test('a publisher that waits for room while the program closes is still answered', async () => {
  const { consumer, nextAppend } = startPipeline(1)
  const published = [1, 2, 3].map(() => consumer.publish([newEvent()], 1))
  const closed = consumer[Symbol.asyncDispose]()
  for (let group = 0; group < 3; group++) (await nextAppend()).commit()
  await closed
  assert.equal((await Promise.all(published)).length, 3)
})
