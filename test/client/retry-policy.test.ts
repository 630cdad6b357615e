import assert from 'node:assert/strict'
import { test } from 'node:test'
import { backoffMs, defaultRetryPolicy, mayHeal, parseRetryAfter } from '../../src/client/retry-policy.ts'

test('the wait is random below a bound that doubles from 100 ms up to 10 s', () => {
  const bounds = [1, 2, 3, 4, 5, 6, 7, 8, 9, 50].map((attempts) => backoffMs(defaultRetryPolicy, attempts, 1))
  assert.deepEqual(bounds, [100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000, 10_000])
  assert.equal(backoffMs(defaultRetryPolicy, 3, 0), 0)
  assert.equal(backoffMs(defaultRetryPolicy, 3, 0.25), 100)
})

test('a retry may heal 408, 425, 429 and every 5xx, and no other status', () => {
  const statuses = Array.from({ length: 500 }, (_, index) => 100 + index)
  const healing = statuses.filter(mayHeal)
  assert.deepEqual(healing, [408, 425, 429, ...statuses.filter((status) => status >= 500)])
})

test('Retry-After is read as seconds', () => {
  assert.equal(parseRetryAfter('7', 0), 7000)
  assert.equal(parseRetryAfter(' 0 ', 0), 0)
})

test('Retry-After is read as an HTTP date', () => {
  const nowMs = Date.parse('2026-01-31T09:30:00Z')
  assert.equal(parseRetryAfter('Sat, 31 Jan 2026 09:30:05 GMT', nowMs), 5000)
  assert.equal(parseRetryAfter('Sat, 31 Jan 2026 09:29:00 GMT', nowMs), 0, 'a date in the past is now')
})

test('a Retry-After that says nothing is left alone', () => {
  for (const header of [null, '', 'soon', '-1', '1.5', '2026-01-31']) {
    assert.equal(parseRetryAfter(header, 0), undefined, String(header))
  }
})
