import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { PackedEvents } from '../../src/core/packed-events.ts'
import { BoundedQueue, type QueuedBatch } from '../../src/pipeline/bounded-queue.ts'
import { newEvent } from '../support/events.ts'

function batchOf(events: number, bytes = events): QueuedBatch {
  const list = Array.from({ length: events }, () => newEvent())
  return { events: PackedEvents.from(list), bytes, outcome: Promise.withResolvers() }
}

function openQueue(limits: Partial<{ capacityEvents: number; capacityBytes: number; maxWaitMs: number }> = {}) {
  return new BoundedQueue({ capacityEvents: 10, capacityBytes: 1000, maxWaitMs: 5000, ...limits })
}

async function isPending(promise: void | Promise<void>): Promise<boolean> {
  return (await Promise.race([promise, Promise.resolve('pending')])) === 'pending'
}

test('batches leave in the order they came, whole, up to the limit', async () => {
  const queue = openQueue()
  const batches = [batchOf(3), batchOf(4), batchOf(2)]
  for (const batch of batches) await queue.put(batch)
  assert.deepEqual(queue.take(8), batches.slice(0, 2))
  assert.deepEqual(queue.take(8), batches.slice(2))
  assert.deepEqual(queue.take(8), [])
})

test('a batch larger than the limit of a group leaves alone', async () => {
  const queue = openQueue()
  await queue.put(batchOf(9))
  await queue.put(batchOf(1))
  assert.equal(queue.take(5).length, 1)
  assert.equal(queue.size, 1)
})

test('size and bytes are those of the batches inside', async () => {
  const queue = openQueue()
  await queue.put(batchOf(3, 30))
  await queue.put(batchOf(2, 20))
  assert.deepEqual([queue.size, queue.bytes], [5, 50])
  queue.take(3)
  assert.deepEqual([queue.size, queue.bytes], [2, 20])
})

test('a batch waits while there is no room for all of it, and enters when there is', async () => {
  const queue = openQueue()
  await queue.put(batchOf(8))
  const waiting = queue.put(batchOf(3))
  assert.ok(await isPending(waiting))
  assert.equal(queue.size, 8)
  queue.take(8)
  await waiting
  assert.equal(queue.size, 3)
})

test('the bound in bytes holds on its own', async () => {
  const queue = openQueue({ capacityBytes: 100 })
  await queue.put(batchOf(1, 90))
  const waiting = queue.put(batchOf(1, 11))
  assert.ok(await isPending(waiting))
  queue.take(1)
  await waiting
})

test('a batch larger than the whole queue enters when the queue is empty', async () => {
  const queue = openQueue({ capacityEvents: 2 })
  await queue.put(batchOf(5))
  assert.equal(queue.size, 5)
})

test('a small batch does not overtake a large one that waits', async () => {
  const queue = openQueue()
  await queue.put(batchOf(8))
  const order: string[] = []
  const large = Promise.resolve(queue.put(batchOf(9))).then(() => order.push('large'))
  const small = Promise.resolve(queue.put(batchOf(1))).then(() => order.push('small'))
  queue.take(8)
  await Promise.all([large, small])
  assert.deepEqual(order, ['large', 'small'])
})

test('after the longest wait a batch is refused with queue_full and nothing of it is inside', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const queue = openQueue({ maxWaitMs: 5000 })
  await queue.put(batchOf(10))
  const waiting = Promise.resolve(queue.put(batchOf(1)))
  t.mock.timers.tick(4999)
  assert.ok(await isPending(waiting))
  t.mock.timers.tick(1)
  await assert.rejects(waiting, { code: 'queue_full' })
  assert.equal(queue.size, 10)
})

test('when a large batch gives up, the smaller ones behind it enter', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const queue = openQueue()
  await queue.put(batchOf(9))
  const large = Promise.resolve(queue.put(batchOf(5)))
  t.mock.timers.tick(10)
  const small = queue.put(batchOf(1))
  t.mock.timers.tick(4990)
  await assert.rejects(large, { code: 'queue_full' })
  await small
  assert.equal(queue.size, 10)
})

test('whatever is put and taken, the bounds hold and nothing is lost, doubled or reordered', async () => {
  const put = fc.record({ events: fc.integer({ min: 1, max: 10 }), bytes: fc.integer({ min: 0, max: 100 }) })
  const step = fc.oneof(put, fc.integer({ min: 1, max: 20 }))
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const queue = openQueue({ capacityBytes: 100 })
      const sent: QueuedBatch[] = []
      const received: QueuedBatch[] = []
      for (const next of steps) {
        if (typeof next === 'number') {
          received.push(...queue.take(next))
        } else {
          const batch = batchOf(next.events, next.bytes)
          sent.push(batch)
          void queue.put(batch)
        }
        assert.ok(queue.size <= 10 && queue.bytes <= 100)
      }
      while (queue.size > 0) received.push(...queue.take(10))
      assert.deepEqual(received, sent)
      assert.equal(queue.bytes, 0)
    }),
    { numRuns: 200 },
  )
})
