import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseRetryAfterMs, pushDelayMs } from '../../../src/pipeline/push/push-backoff.ts'

test('the bound of the jitter doubles from a second to five minutes', () => {
  const bounds = Array.from({ length: 12 }, (_, index) =>
    pushDelayMs({ failures: index + 1, retryAfterMs: undefined, random: 1 }),
  )
  assert.deepEqual(bounds.slice(0, 4), [1000, 2000, 4000, 8000])
  assert.deepEqual(bounds.slice(-3), [300_000, 300_000, 300_000])
  assert.equal(pushDelayMs({ failures: 5000, retryAfterMs: undefined, random: 1 }), 300_000)
  assert.equal(pushDelayMs({ failures: 4, retryAfterMs: undefined, random: 0 }), 0)
})

test('Retry-After is seconds or an HTTP date; anything else is none', () => {
  const nowMs = Date.parse('2026-01-31T09:30:00Z')
  for (const [header, ms] of [
    ['0', 0],
    [' 120 ', 120_000],
    ['Sat, 31 Jan 2026 09:31:00 GMT', 60_000],
    ['Sat, 31 Jan 2026 09:29:00 GMT', 0],
    ['-1', undefined],
    ['1.5', undefined],
    ['soon', undefined],
    ['Soon, perhaps', undefined],
    ['', undefined],
    [undefined, undefined],
  ] as const) {
    assert.equal(parseRetryAfterMs(header, nowMs), ms, String(header))
  }
})
