import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppError } from '../../src/core/errors.ts'
import type { DeliveryCommand, DeliveryOutcome } from '../../src/core/subscription-store.ts'
import { Settler } from '../../src/pipeline/settler.ts'
import { holdSubscriptionStore } from '../support/held-subscription-store.ts'

function openSettler(capacityCommands = 100_000) {
  const held = holdSubscriptionStore()
  const settled: number[] = []
  const failures: string[] = []
  const settler = new Settler({
    store: held.store,
    capacityCommands,
    onSettled: (commands) => settled.push(commands.length),
    onFailure: (error) => failures.push(error.code),
  })
  return { ...held, settler, settled, failures }
}

function acks(...tokens: readonly (string | number)[]): DeliveryCommand[] {
  return tokens.map((token) => ({ kind: 'ack', name: 'orders', leaseToken: `${token}` }))
}

function outcomes(count: number, outcome: DeliveryOutcome = 'done'): DeliveryOutcome[] {
  return Array.from({ length: count }, () => outcome)
}

test('what arrives in one turn is one commit, and each caller gets its own outcomes', async () => {
  const { settler, nextSettle, settled } = openSettler()
  const first = settler.settle(acks('a', 'b'))
  const second = settler.settle(acks('c'))
  const commit = await nextSettle()
  assert.deepEqual(
    commit.input.map(({ leaseToken }) => leaseToken),
    ['a', 'b', 'c'],
  )
  commit.answer(['done', 'expired', 'unknown'])
  assert.deepEqual([await first, await second], [['done', 'expired'], ['unknown']])
  assert.deepEqual(settled, [3])
})

test('what arrives during a commit shares the next one', async () => {
  const { settler, nextSettle } = openSettler()
  const first = settler.settle(acks('a'))
  const commit = await nextSettle()
  const later = [settler.settle(acks('b')), settler.settle(acks('c', 'd'))]
  commit.answer(['done'])
  const next = await nextSettle()
  assert.equal(next.input.length, 3)
  next.answer(outcomes(3))
  await Promise.all([first, ...later])
})

test('a commit has at most 10,000 commands', async () => {
  const { settler, nextSettle } = openSettler()
  const calls = Array.from({ length: 5 }, (_, call) => settler.settle(acks(...Array(4000).fill(call))))
  const sizes: number[] = []
  while (sizes.reduce((sum, size) => sum + size, 0) < 20_000) {
    const commit = await nextSettle()
    sizes.push(commit.input.length)
    commit.answer(outcomes(commit.input.length))
  }
  assert.deepEqual(sizes, [8000, 8000, 4000])
  await Promise.all(calls)
})

test('a commit that fails fails every caller of its group, and the next one goes on', async () => {
  const { settler, nextSettle, failures } = openSettler()
  const failed = [settler.settle(acks('a')), settler.settle(acks('b'))]
  ;(await nextSettle()).fail(new AppError('disk_full', 'no room'))
  for (const each of failed) await assert.rejects(each, { code: 'disk_full' })
  const healed = settler.settle(acks('a'))
  ;(await nextSettle()).answer(['done'])
  assert.deepEqual(await healed, ['done'])
  assert.deepEqual(failures, ['disk_full'])
})

test('after store_failed nothing is settled any more', async () => {
  const { settler, nextSettle, failures } = openSettler()
  const first = settler.settle(acks('a'))
  const commit = await nextSettle()
  const waiting = settler.settle(acks('b'))
  commit.fail(new AppError('store_failed', 'EIO'))
  for (const each of [first, waiting, settler.settle(acks('c'))]) await assert.rejects(each, { code: 'store_failed' })
  assert.deepEqual(failures, ['store_failed', 'store_failed'])
})

test('too many commands are refused with queue_full', async () => {
  const { settler, nextSettle } = openSettler(3)
  const taken = [settler.settle(acks('a', 'b', 'c', 'd'))]
  await assert.rejects(settler.settle(acks('e')), { code: 'queue_full' })
  ;(await nextSettle()).answer(outcomes(4))
  await taken[0]
  const later = settler.settle(acks('e'))
  ;(await nextSettle()).answer(['done'])
  assert.deepEqual(await later, ['done'])
})

test('closing settles what was taken and refuses what comes later', async () => {
  const { settler, nextSettle } = openSettler()
  const taken = settler.settle(acks('a'))
  const closed = settler[Symbol.asyncDispose]()
  await assert.rejects(settler.settle(acks('b')), { code: 'draining' })
  ;(await nextSettle()).answer(['done'])
  await closed
  assert.deepEqual(await taken, ['done'])
})
