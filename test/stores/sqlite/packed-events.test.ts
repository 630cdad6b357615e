import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { NewEvent } from '../../../src/core/event.ts'
import type { AppendResult, AppendStatus } from '../../../src/core/event-store.ts'
import { packEvents, packResults, unpackEvents, unpackResults } from '../../../src/stores/sqlite/packed-events.ts'

/** Strings of one byte a character, of two, and of both in one event: the engine keeps them differently. */
const text = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.constant(''), fc.constant('é😀\u{10FFFF}'))

const plain = { noNullPrototype: true }

const instant = fc.record(
  {
    ms: fc.integer({ min: -62_167_219_200_000, max: 253_402_300_799_999 }),
    fraction: fc.stringMatching(/^[0-9]{0,30}$/),
  },
  plain,
)

const event: fc.Arbitrary<NewEvent> = fc.record(
  { topic: text, eventId: text, timestamp: text, instant, source: text, payload: text },
  plain,
)

test('a group that crosses to the writer thread is the same on the other side', () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 20 }), (events) => {
      assert.deepEqual(unpackEvents(structuredClone(packEvents(events))), events)
    }),
  )
})

test('the results that cross back are the same on the other side', () => {
  const status = fc.constantFrom<AppendStatus>('stored', 'duplicate', 'conflict')
  const result: fc.Arbitrary<AppendResult> = fc.record({ status, seq: fc.maxSafeNat() }, plain)
  fc.assert(
    fc.property(fc.array(result, { maxLength: 20 }), (results) => {
      assert.deepEqual(unpackResults(structuredClone(packResults(results))), results)
    }),
  )
})
