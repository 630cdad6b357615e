import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { NewEvent } from '../../src/core/event.ts'
import { PackedEvents } from '../../src/core/packed-events.ts'

/** Strings of one byte a character, of two, and of both in one event: the engine keeps them differently. */
const text = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.constant(''), fc.constant('é😀\u{10FFFF}'))

const event: fc.Arbitrary<NewEvent> = fc
  .tuple(text, text, text, text, fc.integer({ min: 0, max: 4e12 }), fc.stringMatching(/^([0-9]{0,9}[1-9])?$/))
  .map(([topic, eventId, source, payload, ms, fraction]) => {
    const timestamp = new Date(ms).toISOString().replace('Z', `${fraction}Z`)
    return { topic, eventId, timestamp, instant: { ms, fraction }, source, payload }
  })

const events = fc.array(event, { maxLength: 20 })

test('packed events are the same again, also in another thread', () => {
  fc.assert(
    fc.property(events, (list) => {
      const { columns } = PackedEvents.from(list)
      assert.deepEqual([...new PackedEvents(structuredClone(columns))], list)
    }),
  )
})

test('joined lists are one list, and its slices are parts of it', () => {
  fc.assert(
    fc.property(fc.array(events, { maxLength: 4 }), fc.nat(20), fc.nat(20), (lists, start, length) => {
      const joined = PackedEvents.join(lists.map((list) => PackedEvents.from(list)))
      assert.deepEqual([...joined], lists.flat())
      assert.deepEqual([...joined.slice(start, start + length)], lists.flat().slice(start, start + length))
    }),
  )
})

test('what is packed already is not packed again', () => {
  const packed = PackedEvents.from([])
  assert.equal(PackedEvents.from(packed), packed)
})
