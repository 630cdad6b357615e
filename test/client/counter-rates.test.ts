import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CounterSample, perSecond, withSample } from '../../src/client/counter-rates.ts'

const sample = (uptimeSeconds: number, unique: number, duplicates = 0): CounterSample => ({
  uptimeSeconds,
  unique,
  duplicates,
})
const after = (...samples: readonly CounterSample[]) =>
  samples.reduce<readonly CounterSample[]>((kept, next) => withSample(kept, next), [])

test('one answer says nothing about a second', () => {
  assert.equal(perSecond(after()), undefined)
  assert.equal(perSecond(after(sample(5, 100))), undefined)
})

test('a rate is what was counted, by the seconds of the clock of the server', () => {
  assert.deepEqual(perSecond(after(sample(10, 100, 10), sample(12, 160, 14))), { unique: 30, duplicates: 2 })
})

test('only the last ten seconds count', () => {
  const samples = after(sample(0, 0), sample(2, 1000), sample(4, 1000), sample(12, 1000), sample(14, 1000))
  assert.deepEqual(perSecond(samples), { unique: 0, duplicates: 0 })
  assert.equal(samples.length, 3)
})

test('after a long pause the average over it is shown', () => {
  assert.deepEqual(perSecond(after(sample(0, 0), sample(100, 500))), { unique: 5, duplicates: 0 })
})

test('a server that started again, or lost its memory, begins anew instead of going backwards', () => {
  assert.equal(perSecond(after(sample(100, 500), sample(1, 500))), undefined)
  assert.equal(perSecond(after(sample(100, 500), sample(102, 0))), undefined)
})

test('the same answer twice changes nothing', () => {
  assert.equal(perSecond(after(sample(5, 1), sample(5, 1))), undefined)
})
