import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RateMeter } from '../../src/pipeline/rate-meter.ts'

function meterAt(startMs: number) {
  let nowMs = startMs
  const meter = new RateMeter({ nowMs: () => 0, monotonicMs: () => nowMs })
  return { meter, advance: (ms: number) => (nowMs += ms) }
}

test('events count for as long as the window reaches back', () => {
  const { meter, advance } = meterAt(123_456)
  meter.add(30)
  advance(30_000)
  meter.add(30)
  assert.equal(meter.perSecond(60), 1)
  assert.equal(meter.perSecond(300), 0.2)
  advance(30_000)
  assert.equal(meter.perSecond(60), 0.5)
  advance(60_000)
  assert.equal(meter.perSecond(60), 0)
  assert.equal(meter.perSecond(300), 0.2)
})

test('after a pause longer than the longest window nothing is left', () => {
  const { meter, advance } = meterAt(0)
  meter.add(1000)
  advance(10_000_000)
  assert.equal(meter.perSecond(300), 0)
  meter.add(300)
  assert.equal(meter.perSecond(300), 1)
})
