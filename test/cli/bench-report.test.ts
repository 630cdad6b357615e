import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Latencies } from '../../src/cli/bench-latencies.ts'
import { parseBenchFlags } from '../../src/cli/bench-options.ts'
import { faultsOf } from '../../src/cli/bench-proof.ts'
import { type BenchReport, reportText } from '../../src/cli/bench-report.ts'
import { type BenchRow, spreadOf } from '../../src/cli/bench-rows.ts'
import { linearScaleWithTicks, logScaleOf, logScaleWithTicks } from '../../src/cli/bench-scale.ts'
import { reportSvg } from '../../src/cli/bench-svg.ts'

test('quantiles are right to a percent, and the maximum exactly', () => {
  const latencies = new Latencies()
  for (let ms = 1; ms <= 1000; ms++) latencies.record(ms)
  for (const [fraction, exact] of [
    [0.5, 500],
    [0.99, 990],
    [1, 1000],
  ] as const) {
    const ms = latencies.quantileMs(fraction)
    assert.ok(ms >= exact && ms <= exact * 1.01, `${fraction}: ${ms}`)
  }
  assert.equal(latencies.maxMs, 1000)
  assert.equal(new Latencies().quantileMs(0.5), 0)
})

test('latencies add up, and the extremes have a place', () => {
  const [some, others] = [new Latencies(), new Latencies()]
  some.record(0)
  others.record(1e9)
  some.add(others)
  assert.deepEqual([some.count, some.maxMs], [2, 1e9])
  assert.ok(some.quantileMs(0.5) <= 0.001)
})

test('the median of an even number of values is between the two in the middle', () => {
  assert.deepEqual(spreadOf([4, 1, 3, 2]), { median: 2.5, min: 1, max: 4 })
  assert.deepEqual(spreadOf([3, 1, 2]), { median: 2, min: 1, max: 3 })
})

test('an axis holds its values, and has ticks that people count in', () => {
  const short = logScaleWithTicks([2003, 176_986], 100, 0)
  assert.deepEqual(short.ticks, [2000, 5000, 10_000, 20_000, 50_000, 100_000, 200_000])
  assert.deepEqual([2000, 20_000, 200_000].map(short.toPixel).map(Math.round), [100, 50, 0])
  assert.deepEqual(logScaleWithTicks([0.4, 5000], 100, 0).ticks, [1, 10, 100, 1000])
  assert.deepEqual(logScaleWithTicks([7], 100, 0).ticks, [5, 10])
  assert.deepEqual([1, 10, 100].map(logScaleOf([1, 10, 100], 0, 10).toPixel), [0, 5, 10])
  assert.equal(logScaleOf([7], 0, 10).toPixel(7), 5)
})

test('a linear axis begins at nothing', () => {
  const axis = linearScaleWithTicks([240_000, 90_000], 100, 0)
  assert.deepEqual(axis.ticks, [0, 50_000, 100_000, 150_000, 200_000, 250_000])
  assert.deepEqual([0, 125_000, 250_000].map(axis.toPixel), [100, 50, 0])
  assert.deepEqual(linearScaleWithTicks([50e6], 0, 10).ticks, [0, 10e6, 20e6, 30e6, 40e6, 50e6])
})

function rowOf(row: Partial<BenchRow>): BenchRow {
  const spread = { median: 20_000, min: 18_000, max: 22_000 }
  return {
    ...{
      size: 1,
      connections: 64,
      eventsPerSecond: spread,
      requestsPerSecond: spread,
      p50Ms: 2.5,
      p99Ms: 10,
      maxMs: 20,
    },
    ...{ sent: 10, unique: 10, duplicates: 0, conflicts: 0, refused: 0, generatorCpu: 0.1 },
    originalEventsPerSecond: 2003,
    ...row,
  }
}

function reportOf(rows: readonly BenchRow[], report: Partial<BenchReport> = {}): BenchReport {
  const flags = { sizes: '1', duration: '3', repeat: '2', duplicates: '0.25', payload: '150' }
  return {
    options: parseBenchFlags({ ...flags, ids: 'uuid4', topics: '10', seed: '1' }),
    machine: { cpus: 2, model: 'A & B <C>', memoryBytes: 2 ** 33, platform: 'linux' },
    startedAt: new Date(0),
    rows,
    faults: [],
    isOnMemoryDisk: false,
    ...report,
  }
}

test('the table shows the spread of repeated measurements, the machine, and what was sent', () => {
  const text = reportText(reportOf([rowOf({})]))
  assert.match(text, /2 × A & B <C>, 8 GiB\nsqlite, 2 × 3 s a size, uuid4 ids, 10 topics, .* 25 % duplicates\n/)
  assert.match(text, /events\/s +min–max /)
  assert.match(text, / 20,000 +18,000–22,000 +20,000 +2\.5 +10\.0 +20\.0\n/)
})

test('figures that say little say so', () => {
  assert.doesNotMatch(reportText(reportOf([rowOf({})])), /load generator|TMPDIR/)
  assert.match(reportText(reportOf([rowOf({ generatorCpu: 0.95 })])), /At 1 a batch the load generator was busy/)
  assert.match(reportText(reportOf([rowOf({})], { isOnMemoryDisk: true })), /set TMPDIR/)
})

const refusedAll = { eventsPerSecond: spreadOf([0]), p50Ms: 0, p99Ms: 0, originalEventsPerSecond: undefined }

for (const [what, rows] of [
  ['the usual sizes', [1, 10, 50, 100, 200, 500, 1000].map((size) => rowOf({ size }))],
  ['one size', [rowOf({ size: 10 })]],
  ['sizes that the original program was not measured at', [rowOf({ size: 7, originalEventsPerSecond: undefined })]],
  ['a server that refused everything', [rowOf(refusedAll)]],
] as const) {
  test(`the picture of ${what} has numbers everywhere, and escapes texts`, () => {
    const svg = reportSvg(reportOf(rows))
    assert.doesNotMatch(svg, /NaN|Infinity|undefined/)
    assert.match(svg, /A &amp; B &lt;C&gt;/)
    assert.match(svg, /\d events a second|>events a batch</)
  })
}

const counts = { sent: 10, unique: 7, duplicates: 3, conflicts: 0, refused: 0, expectedUnique: 7 }
const server = { received: 10, unique: 7, duplicates: 3, conflicts: 0 }

test('numbers that add up have no fault', () => assert.deepEqual(faultsOf(counts, server), []))

for (const [what, change, serverChange] of [
  ['an event without an answer', { sent: 11 }, {}],
  ['an event that should be new', { unique: 6, duplicates: 4 }, { unique: 6, duplicates: 4 }],
  ['a conflict', { conflicts: 1 }, { conflicts: 1 }],
  ['an event that the server did not count', {}, { received: 9 }],
  ['an event that the server lost', {}, { unique: 6 }],
  ['a duplicate that the server did not count', {}, { duplicates: 2 }],
  ['a conflict that only the server knows', {}, { conflicts: 1 }],
  ['more lost than was refused', { sent: 11, refused: 1 }, { received: 9, unique: 6 }],
  ['more stored than was refused', { sent: 11, refused: 1 }, { received: 12, unique: 9 }],
] as const) {
  test(`${what} is a fault`, () => {
    assert.ok(faultsOf({ ...counts, ...change }, { ...server, ...serverChange }).length > 0)
  })
}

test('a refused batch may have been stored: it was not confirmed', () => {
  const refused = { ...counts, sent: 12, refused: 2 }
  assert.deepEqual(faultsOf(refused, server), [])
  assert.deepEqual(faultsOf(refused, { ...server, received: 12, unique: 9 }), [])
})
