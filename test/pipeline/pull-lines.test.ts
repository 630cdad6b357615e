import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { systemClock } from '../../src/core/clock.ts'
import { AppError } from '../../src/core/errors.ts'
import type { Delivery } from '../../src/core/subscription.ts'
import { type Pull, PullLines } from '../../src/pipeline/pull-lines.ts'
import { claimOf, holdSubscriptionStore, nothing } from '../support/held-subscription-store.ts'

function openLines(capacityPulls = 1000) {
  const held = holdSubscriptionStore()
  const failures: string[] = []
  const lines = new PullLines({
    store: held.store,
    clock: systemClock,
    capacityPulls,
    onClaimed: () => {},
    onFailure: (error) => failures.push(error.code),
  })
  const pull = (fields: Partial<Pull> = {}) =>
    lines.pull({ name: 'orders', maxEvents: 10, waitMs: 60_000, signal: new AbortController().signal, ...fields })
  return { ...held, held, lines, failures, pull }
}

function seqsOf(deliveries: readonly Delivery[] | undefined): number[] | undefined {
  return deliveries?.map(({ event }) => event.seq)
}

test('what is there is leased at once', async () => {
  const { pull, nextClaim } = openLines()
  const pulled = pull({ maxEvents: 7 })
  const claim = await nextClaim()
  assert.deepEqual(claim.input, { name: 'orders', maxEvents: 7 })
  claim.answer(claimOf(1, 2))
  assert.deepEqual(seqsOf(await pulled), [1, 2])
})

test('a pull that found nothing asks again after a commit, and not before', async () => {
  const { pull, nextClaim, lines, held } = openLines()
  const pulled = pull()
  ;(await nextClaim()).answer(nothing)
  for (let turn = 0; turn < 5; turn++) await nextTurn()
  assert.equal(held.claims, 1)
  lines.wakeAll()
  ;(await nextClaim()).answer(claimOf(1))
  assert.deepEqual(seqsOf(await pulled), [1])
})

test('a commit during a claim that finds nothing is not missed', async () => {
  const { pull, nextClaim, lines } = openLines()
  const pulled = pull()
  const claim = await nextClaim()
  lines.wakeAll()
  claim.answer(nothing)
  ;(await nextClaim()).answer(claimOf(1))
  assert.deepEqual(seqsOf(await pulled), [1])
})

test('a thousand who wait cost a commit of one event two claims, and the first in the line gets it', async () => {
  const { pull, nextClaim, lines, held } = openLines()
  const first = pull()
  const others = Array.from({ length: 999 }, () => pull())
  ;(await nextClaim()).answer(nothing)
  // Those who came during the first claim are owed a look of their own, all of them together one.
  ;(await nextClaim()).answer(nothing)
  for (let turn = 0; turn < 3; turn++) await nextTurn()
  const before = held.claims
  lines.wakeAll()
  ;(await nextClaim()).answer(claimOf(1))
  ;(await nextClaim()).answer(nothing)
  assert.deepEqual(seqsOf(await first), [1])
  for (let turn = 0; turn < 3; turn++) await nextTurn()
  assert.equal(held.claims - before, 2)
  assert.equal(lines.waiting, 999)
  lines.startDraining()
  assert.ok((await Promise.all(others)).every((deliveries) => deliveries?.length === 0))
})

test('one claim at a time for a subscription, each for the next in the line', async () => {
  const { pull, nextClaim, held } = openLines()
  const pulls = [pull({ maxEvents: 1 }), pull({ maxEvents: 2 }), pull({ maxEvents: 3 })]
  for (const [index, pulled] of pulls.entries()) {
    const claim = await nextClaim()
    assert.deepEqual([claim.input.maxEvents, held.claims], [index + 1, index + 1])
    claim.answer(claimOf(index))
    assert.deepEqual(seqsOf(await pulled), [index])
  }
})

test('claims of many subscriptions wait for each other, and none is forgotten', async () => {
  const { pull, nextClaim, held } = openLines()
  const pulls = Array.from({ length: 100 }, (_, index) => pull({ name: `s${index}` }))
  await nextTurn()
  assert.equal(held.claims, 8)
  for (let count = 0; count < 100; count++) (await nextClaim()).answer(claimOf(count))
  assert.deepEqual((await Promise.all(pulls)).flatMap(seqsOf), [...Array(100).keys()])
})

test('a lease that runs out is looked for when it is due', async () => {
  const { pull, nextClaim } = openLines()
  const pulled = pull()
  ;(await nextClaim()).answer({ ...nothing, nextDueAtMs: systemClock.nowMs() + 20 })
  ;(await nextClaim()).answer(claimOf(5))
  assert.deepEqual(seqsOf(await pulled), [5])
})

test('a pull that does not wait is empty after one look', async () => {
  const { pull, nextClaim } = openLines()
  const pulled = pull({ waitMs: 0 })
  ;(await nextClaim()).answer(nothing)
  assert.deepEqual(await pulled, [])
})

test('a pull that does not wait goes on where the store cut its look short', async () => {
  const { pull, nextClaim } = openLines()
  const pulled = pull({ waitMs: 0 })
  ;(await nextClaim()).answer({ ...nothing, hasMore: true })
  ;(await nextClaim()).answer(claimOf(9))
  assert.deepEqual(seqsOf(await pulled), [9])
})

test('a pull is empty when its time is over', async () => {
  const { pull, nextClaim, lines } = openLines()
  const pulled = pull({ waitMs: 10 })
  ;(await nextClaim()).answer(nothing)
  assert.deepEqual(await pulled, [])
  assert.equal(lines.waiting, 0)
})

test('what is being leased when the time is over is not lost', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const { pull, nextClaim } = openLines()
  const pulled = pull({ waitMs: 1 })
  const claim = await nextClaim()
  t.mock.timers.tick(1)
  claim.answer(claimOf(1))
  assert.deepEqual(seqsOf(await pulled), [1])
})

test('nothing is leased to a client that has gone while it waited', async () => {
  const { pull, nextClaim, lines, held } = openLines()
  const gone = new AbortController()
  const pulled = pull({ signal: gone.signal })
  ;(await nextClaim()).answer(nothing)
  await nextTurn()
  gone.abort()
  assert.deepEqual(await pulled, [])
  lines.wakeAll()
  await nextTurn()
  assert.equal(held.claims, 1)
  assert.deepEqual(await pull({ signal: gone.signal }), [])
})

test('the next in the line is served when the first goes during its claim', async () => {
  const { pull, nextClaim } = openLines()
  const gone = new AbortController()
  const first = pull({ signal: gone.signal })
  const second = pull()
  const claim = await nextClaim()
  gone.abort()
  assert.deepEqual(await first, [])
  claim.answer(claimOf(1))
  ;(await nextClaim()).answer(claimOf(2))
  assert.deepEqual(seqsOf(await second), [2])
})

test('a subscription that is gone is told to all that wait for it', async () => {
  const { pull, nextClaim, lines } = openLines()
  const pulls = [pull(), pull()]
  ;(await nextClaim()).answer(undefined)
  assert.deepEqual(await Promise.all(pulls), [undefined, undefined])
  assert.equal(lines.waiting, 0)
})

test('a claim that fails fails one pull; the next one asks again', async () => {
  const { pull, nextClaim, failures } = openLines()
  const first = pull()
  const second = pull()
  ;(await nextClaim()).fail(new AppError('store_unavailable', 'busy'))
  await assert.rejects(first, { code: 'store_unavailable' })
  ;(await nextClaim()).answer(claimOf(1))
  assert.deepEqual(seqsOf(await second), [1])
  assert.deepEqual(failures, ['store_unavailable'])
})

test('too many pulls are refused with queue_full, and there is room again when one is answered', async () => {
  const { pull, nextClaim } = openLines(2)
  const pulls = [pull(), pull({ name: 'other' })]
  await assert.rejects(pull(), { code: 'queue_full' })
  ;(await nextClaim()).answer(claimOf(1))
  await pulls[0]
  const third = pull()
  ;(await nextClaim()).answer(claimOf(2))
  ;(await nextClaim()).answer(claimOf(3))
  assert.deepEqual([seqsOf(await pulls[1]), seqsOf(await third)], [[2], [3]])
})

test('draining answers those who wait, lets a claim under way finish, and refuses what comes later', async () => {
  const { pull, nextClaim, lines } = openLines()
  const served = pull()
  const waiting = pull()
  const claim = await nextClaim()
  lines.startDraining()
  assert.deepEqual(await waiting, [])
  await assert.rejects(pull(), { code: 'draining' })
  claim.answer(claimOf(1))
  assert.deepEqual(seqsOf(await served), [1])
})
