import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bucketAt, niceTop, rangeOf, stack, wholeBuckets } from '../../web/src/ui/chart/buckets.ts'

const buckets = { startsMs: [1000, 1100, 1200], widthMs: 100 }

test('stacked values stand on the sums of those below them', () => {
  assert.deepEqual(
    stack([
      [1, 2],
      [10, 0],
      [5, 5],
    ]),
    [
      [1, 2],
      [11, 2],
      [16, 7],
    ],
  )
})

test('a moment belongs to the bucket that it is in, not to the nearest start', () => {
  assert.equal(bucketAt(buckets, 1000), 0)
  assert.equal(bucketAt(buckets, 1099), 0)
  assert.equal(bucketAt(buckets, 1100), 1)
  assert.equal(bucketAt(buckets, 1299.9), 2)
  assert.equal(bucketAt(buckets, 999), undefined)
  assert.equal(bucketAt(buckets, 1300), undefined)
  assert.equal(bucketAt({ startsMs: [], widthMs: 1 }, 0), undefined)
})

test('a dragged stretch grows to whole buckets, never leaves the chart and is never empty', () => {
  assert.deepEqual(wholeBuckets(buckets, 1050, 1150), { fromMs: 1000, toMs: 1200 })
  assert.deepEqual(wholeBuckets(buckets, 1150, 1050), { fromMs: 1000, toMs: 1200 })
  assert.deepEqual(wholeBuckets(buckets, 500, 9000), rangeOf(buckets))
  assert.deepEqual(wholeBuckets(buckets, 1300, 1400), { fromMs: 1200, toMs: 1300 })
  assert.deepEqual(wholeBuckets(buckets, 1100, 1100), { fromMs: 1100, toMs: 1200 })
})

test('the top of an axis is round and never below the values', () => {
  assert.equal(niceTop(0), 1)
  assert.equal(niceTop(1), 1)
  assert.equal(niceTop(7), 8)
  assert.equal(niceTop(12), 15)
  assert.equal(niceTop(10_001), 15_000)
  for (let value = 1; value < 1e7; value = value * 1.37) assert.ok(niceTop(value) >= value)
})
