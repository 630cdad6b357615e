/** Who is let in, who waits, who is refused. */
import assert from 'node:assert/strict'
import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { PublishGate, type PublishGateOptions } from '../../src/http/publish-gate.ts'

const kib = 1024

/** @param isComplete whether all of its body has arrived. */
function requestOf(isComplete = true): IncomingMessage {
  const request = new IncomingMessage(new Socket())
  request.complete = isComplete
  return request
}

function gateOf(options: Partial<PublishGateOptions> = {}): PublishGate {
  return new PublishGate({
    capacityBytes: 100 * kib,
    waitingCapacityBytes: 200 * kib,
    maxWaitMs: 500,
    arrivalMs: 1000,
    ...options,
  })
}

function clockOf(t: TestContext) {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  return t.mock.timers
}

test('what fits is let in at once, and the rest in order, as room is given back', async () => {
  const gate = gateOf()
  const first = await gate.enter(requestOf(), 60 * kib)
  const order: string[] = []
  const large = gate.enter(requestOf(), 90 * kib).then((place) => {
    order.push('large')
    return place
  })
  const small = gate.enter(requestOf(), 10 * kib).then((place) => {
    order.push('small')
    return place
  })
  await nextTurn()
  assert.deepEqual([gate.waiting, order], [2, []])
  first[Symbol.dispose]()
  await Promise.all([large, small])
  assert.deepEqual(order, ['large', 'small'])
  assert.equal(gate.usedBytes, 100 * kib)
  for (const place of [await large, await small]) place[Symbol.dispose]()
  assert.equal(gate.usedBytes, 0)
})

test('one that is larger than all there is enters when it is alone', async () => {
  const gate = gateOf()
  using _place = await gate.enter(requestOf(), 1000 * kib)
  assert.equal(gate.usedBytes, 1000 * kib)
})

test('who finds no room in time is refused, and those behind it are looked at again', async (t) => {
  const timers = clockOf(t)
  const gate = gateOf()
  await gate.enter(requestOf(), 60 * kib)
  const large = gate.enter(requestOf(), 90 * kib)
  timers.tick(1)
  const small = gate.enter(requestOf(), 10 * kib)
  timers.tick(499)
  await assert.rejects(large, { code: 'queue_full' })
  await small
  assert.deepEqual([gate.usedBytes, gate.waiting], [70 * kib, 0])
})

test('when too many wait, the next is refused at once', async (t) => {
  clockOf(t)
  const gate = gateOf({ waitingCapacityBytes: 128 * kib })
  const first = await gate.enter(requestOf(), 100 * kib)
  const waiting = [gate.enter(requestOf(), 100 * kib), gate.enter(requestOf(), 64 * kib)]
  await assert.rejects(gate.enter(requestOf(), 1), { code: 'queue_full' })
  first[Symbol.dispose]()
  ;(await waiting[0])?.[Symbol.dispose]()
  await waiting[1]
})

test('a body that is announced and does not come loses its room but for what may have come', async (t) => {
  const timers = clockOf(t)
  const gate = gateOf({ capacityBytes: 1000 * kib })
  const slow = requestOf(false)
  const place = await gate.enter(slow, 900 * kib)
  timers.tick(1000)
  assert.equal(gate.usedBytes, 64 * kib)
  place[Symbol.dispose]()
  place[Symbol.dispose]()
  assert.equal(gate.usedBytes, 0)
})

test('a client that has gone while it waited takes no room', async () => {
  const gate = gateOf()
  const first = await gate.enter(requestOf(), 100 * kib)
  const gone = requestOf()
  const waiting = gate.enter(gone, 100 * kib)
  gone.destroy()
  first[Symbol.dispose]()
  await assert.rejects(waiting, { code: 'invalid_request' })
  assert.equal(gate.usedBytes, 0)
})
