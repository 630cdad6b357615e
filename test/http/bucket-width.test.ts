import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { bucketsFor, bucketsOf } from '../../src/http/bucket-width.ts'

const second = 1000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour
const year = 365.25 * day
const start = Date.UTC(2026, 0, 31, 9, 30, 7, 123)

const firstMs = Date.UTC(0, 0, 1) - 1900 * year
const lastMs = Date.UTC(9999, 11, 31)
const range = fc
  .tuple(fc.integer({ min: firstMs, max: lastMs }), fc.integer({ min: firstMs, max: lastMs }))
  .filter(([a, b]) => a !== b)
  .map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const)
const maxBuckets = fc.integer({ min: 2, max: 1000 })
const stepMs = fc.constantFrom(1, 10 * second, 600 * second)

for (const [name, rangeMs, expectedMs] of [
  ['a millisecond', 1, 1],
  ['a second', second, 20],
  ['a minute', minute, 2 * second],
  ['an hour', hour, 2 * minute],
  ['a day', day, 30 * minute],
  ['a week', 7 * day, 3 * hour],
  ['a year', year, 7 * day],
  ['a century', 100 * year, 728 * day],
] as const) {
  test(`${name} in at most 60 buckets: ${expectedMs} ms each`, () => {
    assert.equal(bucketsFor(start, start + rangeMs, { maxBuckets: 60, stepMs: 1 }).widthMs, expectedMs)
  })
}

test('buckets begin at multiples of their width and just cover the range', () => {
  fc.assert(
    fc.property(range, fc.integer({ min: 1, max: 36_400 * day }), ([startMs, endMs], widthMs) => {
      const buckets = bucketsOf(startMs, endMs, widthMs)
      assert.ok(Number.isInteger(buckets.startMs / widthMs))
      assert.ok(buckets.startMs <= startMs && startMs < buckets.startMs + widthMs)
      const bucketsEndMs = buckets.startMs + buckets.count * widthMs
      assert.ok(bucketsEndMs - widthMs < endMs && endMs <= bucketsEndMs)
    }),
  )
})

test('whatever the range, the chosen buckets are few enough, fit the step and have a date', () => {
  fc.assert(
    fc.property(range, maxBuckets, stepMs, ([startMs, endMs], most, step) => {
      const { widthMs, count, ...buckets } = bucketsFor(startMs, endMs, { maxBuckets: most, stepMs: step })
      assert.ok(count >= 1 && count <= most)
      assert.equal(widthMs % step, 0)
      new Date(buckets.startMs).toISOString()
      new Date(buckets.startMs + count * widthMs).toISOString()
    }),
    { numRuns: 1000 },
  )
})

test('of the ranges that a person looks at, no chart has less than a quarter of the buckets that it may have', () => {
  const lengthMs = fc.integer({ min: minute, max: 20 * year })
  fc.assert(
    fc.property(lengthMs, fc.integer({ min: 20, max: 500 }), (rangeMs, most) => {
      const { count } = bucketsFor(start, start + rangeMs, { maxBuckets: most, stepMs: 1 })
      assert.ok(count > most / 4 - 1, `${count} of ${most}`)
    }),
    { numRuns: 1000 },
  )
})
