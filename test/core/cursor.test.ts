import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  encodeDuplicateCursor,
  encodeEventCursor,
  parseDuplicateCursor,
  parseEventCursor,
} from '../../src/core/cursor.ts'
import type { EventOrder, EventPosition } from '../../src/core/event-store.ts'

const orders: readonly EventOrder[] = ['desc', 'asc', 'seq']
const order = fc.constantFrom(...orders)
const position: fc.Arbitrary<EventPosition> = fc.record(
  { seq: fc.maxSafeNat(), instantMs: fc.maxSafeInteger() },
  { noNullPrototype: true },
)

/** As a client that knows how cursors are made would forge one. */
function forge(content: string): string {
  return Buffer.from(content, 'latin1').toString('base64url')
}

test('a cursor gives back the place that it was made of', () => {
  fc.assert(
    fc.property(order, position, (someOrder, place) => {
      assert.deepEqual(parseEventCursor(encodeEventCursor(someOrder, place), someOrder), place)
    }),
  )
  fc.assert(fc.property(fc.maxSafeNat(), (id) => assert.equal(parseDuplicateCursor(encodeDuplicateCursor(id)), id)))
})

test('a cursor needs no escapes in a URL', () => {
  fc.assert(
    fc.property(order, position, (someOrder, place) => {
      assert.match(encodeEventCursor(someOrder, place), /^[\w-]{1,128}$/)
    }),
  )
})

test('a cursor is good for the listing it came from and for no other', () => {
  fc.assert(
    fc.property(order, order, position, (made, asked, place) => {
      fc.pre(made !== asked)
      assert.equal(parseEventCursor(encodeEventCursor(made, place), asked), undefined)
      assert.equal(parseDuplicateCursor(encodeEventCursor(made, place)), undefined)
      assert.equal(parseEventCursor(encodeDuplicateCursor(place.seq), asked), undefined)
    }),
  )
})

test('a forged cursor is no cursor', () => {
  const contents = [
    '["desc"]',
    '["desc",1]',
    '["desc",1,2,3]',
    '["desc","1",2]',
    '["desc",1,"2"]',
    '["desc",-1,2]',
    '["desc",1.5,2]',
    '["desc",1,2.5]',
    '["desc",1e400,2]',
    '["desc",1,9007199254740993]',
    '["desc",9007199254740993,1]',
    '["desc",null,2]',
    '["desc",1,null]',
    '["other",1,2]',
    '[["desc"],1,2]',
    '{"0":"desc","1":1,"2":2,"length":3}',
    '"desc"',
    'null',
    '1',
    '',
    '["desc",1,2',
    `["desc",1,2]${' '.repeat(200)}`,
  ]
  for (const content of contents) {
    for (const someOrder of orders) assert.equal(parseEventCursor(forge(content), someOrder), undefined, content)
  }
  const duplicates = ['["duplicates"]', '["duplicates",-1]', '["duplicates",1.5]', '["duplicates","1"]', '["desc",1]']
  for (const content of duplicates) assert.equal(parseDuplicateCursor(forge(content)), undefined, content)
  assert.deepEqual(parseEventCursor(forge('["desc",1,2]'), 'desc'), { seq: 1, instantMs: 2 })
})

test('no text makes the parser throw, and what it takes is a place', () => {
  const json = fc.json({ maxDepth: 2 }).map((text) => forge(text))
  const almost = fc.tuple(order, fc.double(), fc.double()).map((parts) => forge(JSON.stringify(parts)))
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.base64String(), json, almost), order, (text, someOrder) => {
      const place = parseEventCursor(text, someOrder)
      assert.ok(place === undefined || (Number.isSafeInteger(place.seq) && Number.isSafeInteger(place.instantMs)))
      const id = parseDuplicateCursor(text)
      assert.ok(id === undefined || Number.isSafeInteger(id))
    }),
    { numRuns: 5000 },
  )
})
