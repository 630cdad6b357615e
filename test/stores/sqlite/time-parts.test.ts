/** What the time index is made of: coded fractions, sorted runs, packed parts, the merge. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { IndexDamagedError } from '../../../src/stores/sqlite/index-damaged-error.ts'
import {
  type PartEntries,
  type PartKey,
  packPart,
  partEntries,
  unpackPart,
} from '../../../src/stores/sqlite/time/list-parts.ts'
import { mergeSources, type Source } from '../../../src/stores/sqlite/time/merge.ts'
import { sortRun } from '../../../src/stores/sqlite/time/sort-run.ts'
import { entryOrder, fractionCode, type TimeEntry } from '../../../src/stores/sqlite/time/time-entry.ts'

/** Digits as a timestamp has them behind the millisecond: no zero at the end; often the same at the start. */
const digits = fc
  .tuple(fc.constantFrom('', '123456789', '12345678', '000000000', '999999999'), fc.stringMatching(/^\d{0,14}$/))
  .map((parts) => parts.join('').replace(/0+$/, ''))
const instantMs = fc.oneof(
  fc.constantFrom(-1, 0, 1),
  fc.integer({ min: -62_167_219_200_000, max: 253_402_300_799_999 }),
)

test('a code orders fractions as their digits do, and is odd where it leaves the order open', () => {
  fc.assert(
    fc.property(digits, digits, (a, b) => {
      const [codeA, codeB] = [fractionCode(a), fractionCode(b)]
      assert.ok(Number.isInteger(codeA) && codeA >= 0 && codeA < 2 ** 31)
      if (codeA !== codeB) assert.equal(codeA < codeB, a < b)
      else if (codeA % 2 === 0) assert.equal(a, b)
      else assert.equal(a.slice(0, 9), b.slice(0, 9))
    }),
    { numRuns: 5000 },
  )
})

const key: fc.Arbitrary<PartKey> = fc.record({ run: fc.nat(), topicId: fc.nat(), part: fc.nat(511) })

const anyEntry = fc.tuple(instantMs, digits.map(fractionCode), fc.nat(2 ** 17 - 1))
const entries: fc.Arbitrary<PartEntries> = fc
  .tuple(fc.array(anyEntry, { minLength: 1, maxLength: partEntries }), fc.boolean())
  .map(([list, isLast]) => {
    list.sort((a, b) => a[0] - b[0] || a[1] - b[1])
    return {
      count: list.length,
      isLast,
      ms: Float64Array.from(list, ([ms]) => ms),
      fractions: Int32Array.from(list, ([, fraction]) => fraction),
      offsets: Int32Array.from(list, ([, , offset]) => offset),
    }
  })

test('a part is the same again when it is unpacked', () => {
  fc.assert(
    fc.property(key, entries, (place, part) => {
      assert.deepEqual(unpackPart(place, packPart(place, part).slice()), part)
    }),
    { numRuns: 500 },
  )
})

test('the largest part there can be is packed', () => {
  const part = {
    count: partEntries,
    isLast: true,
    ms: Float64Array.from({ length: partEntries }, (_, index) => (index - partEntries) * 2 ** 44),
    fractions: new Int32Array(partEntries).fill(2 * 999_999_999 + 1),
    offsets: Int32Array.from({ length: partEntries }, (_, index) => (index % 2) * (2 ** 17 - 1)),
  }
  const place = { run: 0, topicId: 0, part: 0 }
  assert.deepEqual(unpackPart(place, packPart(place, part).slice()), part)
})

test('a part that is changed, cut, or in the place of another is damage', () => {
  fc.assert(
    fc.property(key, entries, fc.nat(), fc.nat(7), (place, part, at, bit) => {
      const packed = Buffer.from(packPart(place, part))
      const flipped = Buffer.from(packed)
      flipped[at % packed.length] = (flipped[at % packed.length] ?? 0) ^ (1 << bit)
      assert.throws(() => unpackPart(place, flipped), IndexDamagedError)
      assert.throws(() => unpackPart(place, packed.subarray(0, at % packed.length)), IndexDamagedError)
      for (const wrong of [
        { ...place, part: place.part + 1 },
        { ...place, run: place.run + 1 },
        { ...place, topicId: place.topicId + 1 },
      ]) {
        assert.throws(() => unpackPart(wrong, packed), IndexDamagedError)
      }
    }),
    { numRuns: 300 },
  )
})

interface RunEvent {
  readonly topicId: number
  readonly ms: number
  readonly digits: string
}

/** Topic 0 is a seq without an event. */
const runEvents: fc.Arbitrary<RunEvent[]> = fc.array(
  fc.record({ topicId: fc.nat(4), ms: fc.oneof(instantMs, fc.constant(7)), digits }),
  { maxLength: 200 },
)

test('a run is sorted as a plain sort does it, all of it and topic by topic', () => {
  fc.assert(
    fc.property(runEvents, (events) => {
      const slice = {
        firstSeq: 0,
        topicIds: Int32Array.from(events, ({ topicId }) => topicId),
        ms: Float64Array.from(events, ({ ms }) => ms),
        fractions: Int32Array.from(events, (event) => fractionCode(event.digits)),
      }
      const digitsOf = (offset: number) => events[offset]?.digits ?? ''
      const { lists, order } = sortRun(slice, (offsets) =>
        offsets.sort((a, b) => (digitsOf(a) === digitsOf(b) ? a - b : digitsOf(a) < digitsOf(b) ? -1 : 1)),
      )
      const compare = (a: number, b: number) => {
        const [eventA, eventB] = [events[a], events[b]]
        if (eventA === undefined || eventB === undefined) return assert.fail()
        if (eventA.ms !== eventB.ms) return eventA.ms - eventB.ms
        return eventA.digits === eventB.digits ? a - b : eventA.digits < eventB.digits ? -1 : 1
      }
      const sorted = [...events.keys()].filter((offset) => events[offset]?.topicId !== 0).sort(compare)
      const topicIds = [...new Set(sorted.map((offset) => events[offset]?.topicId ?? 0))].sort((a, b) => a - b)
      assert.deepEqual(
        lists.map(({ topicId, start, end }) => ({ topicId, offsets: [...order.subarray(start, end)] })),
        [
          { topicId: 0, offsets: sorted },
          ...topicIds.map((topicId) => ({
            topicId,
            offsets: sorted.filter((offset) => events[offset]?.topicId === topicId),
          })),
        ],
      )
    }),
    { numRuns: 1000 },
  )
})

const fewInstants = fc.record({ ms: fc.nat(20), digits: fc.constantFrom('', '5', '1234567891', '1234567892') })
const sourceEvents = fc.array(fc.array(fewInstants, { minLength: 1, maxLength: 20 }), { maxLength: 12 })

for (const direction of ['asc', 'desc'] as const) {
  test(`sources are merged as one sort of them all, ${direction}, and opened only when it is their turn`, () => {
    fc.assert(
      fc.property(sourceEvents, fc.nat(200), (lists, wanted) => {
        let seq = 0
        const digitsBySeq = new Map<number, string>()
        const compareAsc = entryOrder((each) => digitsBySeq.get(each) ?? assert.fail())
        const compare = direction === 'asc' ? compareAsc : (a: TimeEntry, b: TimeEntry) => compareAsc(b, a)
        const sorted = lists.map((list) => {
          const made = list.map((each) => {
            digitsBySeq.set(++seq, each.digits)
            return { ms: each.ms, fraction: fractionCode(each.digits), seq }
          })
          return made.sort(compare)
        })
        const opened = new Set<number>()
        const sources = sorted.map((list, index): Source => {
          const [first] = list
          // Of a bound nobody may ask the digits. It may be the first entry's instant, or lie before it.
          const early = (index % 3) * (direction === 'asc' ? -1 : 1)
          const bound = { ms: (first?.ms ?? 0) + early, fraction: first?.fraction ?? 0, seq: 0 }
          return {
            bound,
            open() {
              opened.add(index)
              return list.values()
            },
          }
        })
        const all = sorted.flat().sort(compare)
        const taken = mergeSources(sources, compare).take(wanted).toArray()
        assert.deepEqual(taken, all.slice(0, wanted))
        const last = taken.at(-1)
        if (last === undefined || wanted >= all.length) return
        const isDue = ({ bound }: Source) =>
          (bound.ms === last.ms && bound.fraction === last.fraction) || compare(bound, last) <= 0
        const tooEarly = sources.filter((source, index) => opened.has(index) && !isDue(source))
        assert.deepEqual(tooEarly, [], 'no source was opened before its turn')
      }),
      { numRuns: 2000 },
    )
  })
}
