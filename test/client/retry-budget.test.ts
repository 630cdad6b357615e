import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RetryBudget } from '../../src/client/retry-budget.ts'

test('a burst of retries is free, then one comes in each refill time', () => {
  const budget = new RetryBudget({ capacity: 2, refillMs: 1000 })
  assert.deepEqual(
    [0, 0, 0, 0].map((nowMs) => budget.takeMs(nowMs)),
    [0, 0, 1000, 2000],
  )
  assert.equal(budget.takeMs(3000), 0)
})

test('successes pay for retries', () => {
  const budget = new RetryBudget({ capacity: 1, perSuccess: 0.5, refillMs: 1e9 })
  assert.equal(budget.takeMs(0), 0)
  budget.recordSuccess()
  budget.recordSuccess()
  assert.equal(budget.takeMs(0), 0)
  assert.ok(budget.takeMs(0) > 0)
})

test('an idle time gives no more than the capacity', () => {
  const budget = new RetryBudget({ capacity: 2, refillMs: 1000 })
  assert.deepEqual(
    [1e9, 1e9, 1e9].map((nowMs) => budget.takeMs(nowMs)),
    [0, 0, 1000],
  )
})
