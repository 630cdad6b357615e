/** The fast way from bytes to events against the general one: the same events, the same errors, and it is really taken. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { AppError } from '../../src/core/errors.ts'
import type { NewEvent } from '../../src/core/event.ts'
import { PackedEventsBuilder } from '../../src/core/packed-events.ts'
import { EventScanner } from '../../src/http/event-scanner.ts'
import { decodeUtf8 } from '../../src/http/json-text.ts'
import { parseAnyBody, parsePublishBody } from '../../src/http/publish-body.ts'
import { wireEvent } from '../support/events.ts'
import { change, changed } from './json-mutations.ts'
import { anyObject, anyString, joined, member, space } from './json-texts.ts'
import { nestedPayload, plainBody, plainEvent } from './plain-events.ts'

type Outcome = NewEvent[] | Pick<AppError, 'code' | 'message' | 'errors'>

function outcomeOf(parse: () => Iterable<NewEvent>): Outcome {
  try {
    return [...parse()]
  } catch (thrown) {
    if (!(thrown instanceof AppError)) throw thrown
    const { code, message, errors } = thrown
    return { code, message, errors }
  }
}

/** Whether the scanner takes the whole body. */
function isPlain(bytes: Uint8Array): boolean {
  const text = decodeUtf8(bytes)
  return new EventScanner(bytes, text, new PackedEventsBuilder(text)).scanDocument()
}

/** @returns the events, or the error, that both ways agree on. */
function assertSameOutcome(bytes: Uint8Array): Outcome {
  const outcome = outcomeOf(() => parsePublishBody(bytes))
  assert.deepEqual(
    outcome,
    outcomeOf(() => parseAnyBody(bytes, decodeUtf8(bytes))),
  )
  return outcome
}

test('plain events of every form take the fast way and are those of the general one', () => {
  fc.assert(
    fc.property(plainBody, (text) => {
      const bytes = Buffer.from(text)
      assert.ok(isPlain(bytes), text)
      assert.ok(Array.isArray(assertSameOutcome(bytes)))
    }),
    { numRuns: 2000 },
  )
})

test('fields with escapes, of any length, repeated or unknown get from both ways the same', () => {
  const name = fc.constantFrom('topic', 'event_id', 'timestamp', 'source', 'payload', 'events', 'Topic', 'x')
  const long = fc
    .constantFrom(...'aé漢😀')
    .chain((char) =>
      fc.constantFrom(0, 63, 64, 65, 85, 86, 127, 128, 129, 255, 256, 510).map((length) => `"${char.repeat(length)}"`),
    )
  const value = fc.oneof(long, anyString, anyObject, fc.constantFrom('"2026-01-31"', 'null', '1', '[]'))
  const whole = JSON.stringify(wireEvent()).slice(1, -1)
  const event = joined(
    fc
      .tuple(
        fc.boolean(),
        fc.array(
          name.chain((each) => member(each, value)),
          { maxLength: 2 },
        ),
        fc.array(fc.constantFrom('topic', 'event_id', 'source', 'timestamp'), { maxLength: 1 }),
        long,
      )
      .map(([isWhole, others, replaced, text]) => {
        const fields = replaced.reduce(
          (all, each) => all.replace(new RegExp(`"${each}":"[^"]*"`), `"${each}":${text}`),
          whole,
        )
        return [...(isWhole ? [fields] : []), ...others]
      }),
    '{',
    '}',
  )
  const body = fc.tuple(fc.oneof(event, joined(fc.array(event, { maxLength: 2 }), '[', ']')), space)
  fc.assert(
    fc.property(body, fc.boolean(), ([text, gap], isBatch) => {
      assertSameOutcome(Buffer.from(isBatch ? `{"events":${gap}${text}}` : text))
    }),
    { numRuns: 3000 },
  )
})

test('an event that lacks a field or has one twice is refused by both ways, also behind one that has them all', () => {
  const members = Object.entries(wireEvent()).map(([name, value]) => `"${name}":${JSON.stringify(value)}`)
  for (const [at, own] of members.entries()) {
    for (const wrong of [members.toSpliced(at, 1), members.toSpliced(0, 0, own), [...members, own]]) {
      const refused = assertSameOutcome(Buffer.from(`[{${members}},{${wrong}}]`))
      assert.ok(!Array.isArray(refused))
      assert.deepEqual(
        refused.errors.map(({ pointer }) => pointer),
        [`/1/${own.split('"')[1]}`],
      )
    }
  }
})

test('a changed body gets from both ways the same events or the same error', () => {
  const counts = { plain: 0, general: 0, refused: 0 }
  fc.assert(
    fc.property(plainBody, fc.array(change, { minLength: 1, maxLength: 2 }), (text, changes) => {
      const bytes = changes.reduce(changed, Buffer.from(text))
      const outcome = assertSameOutcome(bytes)
      if (!Array.isArray(outcome)) counts.refused++
      else if (isPlain(bytes)) counts.plain++
      else counts.general++
    }),
    { numRuns: 5000 },
  )
  assert.ok(counts.plain > 200 && counts.refused > 1000, JSON.stringify(counts))
})

test('a byte changed, removed or inserted at any place of a body gets from both ways the same', () => {
  const events = [
    wireEvent({ event_id: 'é漢😀', payload: { n: -1.5e3, s: 'ü"\\', list: [true, null, {}] } }),
    wireEvent(),
  ]
  const bytes = Buffer.from(JSON.stringify({ events }))
  const inserted = [...'"\\{}[],: 0\n\0a'].map((char) => Buffer.from(char)).concat(Buffer.of(0xff), Buffer.alloc(0))
  for (let at = 0; at <= bytes.length; at++) {
    for (const piece of inserted) {
      for (const removed of [0, 1]) {
        assertSameOutcome(Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(at + removed)]))
      }
    }
    assertSameOutcome(bytes.subarray(0, at))
  }
})

test('what comes before and behind a body is judged by both ways alike', () => {
  const around = fc.oneof(space, fc.constantFrom('\ufeff', '\u00a0', ',', '{}', 'null', '\0', '\f', ']', '}'))
  fc.assert(
    fc.property(around, plainBody, around, (before, text, after) => {
      assertSameOutcome(Buffer.from(before + text + after))
    }),
    { numRuns: 500 },
  )
})

for (const [form, depth, wrap] of [
  ['one event', 1, (event: string) => event],
  ['an array', 2, (event: string) => `[${event}]`],
  ['a batch', 3, (event: string) => `{"events":[${event}]}`],
] as const) {
  test(`${form} may be nested 64 deep by both ways, and no deeper`, () => {
    const bodyOf = (levels: number) => {
      const event = JSON.stringify(wireEvent({ payload: {} })).replace(
        '"payload":{}',
        `"payload":${nestedPayload(levels)}`,
      )
      return Buffer.from(wrap(event))
    }
    assert.ok(isPlain(bodyOf(64 - depth)))
    assert.ok(Array.isArray(assertSameOutcome(bodyOf(64 - depth))))
    const refused = assertSameOutcome(bodyOf(65 - depth))
    assert.ok(!Array.isArray(refused) && refused.code === 'invalid_json')
  })
}

test('1 to 1,000 events take the fast way, none and more are refused', () => {
  const event = JSON.stringify(wireEvent())
  for (const [open, close] of [
    ['[', ']'],
    ['{"events":[', ']}'],
  ] as const) {
    const bodyOf = (count: number) => Buffer.from(open + Array(count).fill(event).join(',') + close)
    for (const count of [1, 999, 1000]) assert.ok(isPlain(bodyOf(count)), `${count}`)
    for (const count of [0, 1001, 1002]) assert.ok(!Array.isArray(assertSameOutcome(bodyOf(count))), `${count}`)
  }
})

test('events behind texts of many bytes a character are found where they are', () => {
  fc.assert(
    fc.property(fc.array(plainEvent, { minLength: 20, maxLength: 40 }), (events) => {
      const outcome = assertSameOutcome(Buffer.from(`[${events.join(',')}]`))
      assert.ok(Array.isArray(outcome) && outcome.length === events.length)
    }),
    { numRuns: 50 },
  )
})
