import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { envelopeFields, scanBody } from '../../src/http/json-scanner.ts'
import { anyObject, anyString, anyValue, joined, member, numberText, space } from './json-texts.ts'

/** The payload of each event; empty for an event without one. */
function payloadsOf(text: string): string[] {
  return scanBody(text).events.map(({ values }) => values[envelopeFields.indexOf('payload')] ?? '')
}

/** Members in any order: each envelope field once or not at all, and fields that nobody knows. */
const fields = fc
  .tuple(fc.subarray([...envelopeFields], { minLength: 0 }), fc.subarray(['x', 'events2', 'payload ', 'Payload', '']))
  .chain(([known, unknown]) =>
    fc.shuffledSubarray([...known, ...unknown], { minLength: known.length + unknown.length }),
  )

const event = joined(
  fields.chain((names) => fc.tuple(...names.map((name) => member(name, fc.oneof(anyObject, anyValue))))),
  '{',
  '}',
)
/** What is no event, and no object. */
const noEvent = fc.oneof(numberText, fc.constantFrom('true', 'false', 'null'), anyString, fc.constant('[[],[ ]]'))
const eventOrNot = fc.oneof({ weight: 5, arbitrary: event }, { weight: 1, arbitrary: noEvent })
const events = joined(fc.array(eventOrNot, { maxLength: 5 }), '[', ']')
const otherMembers = fc
  .subarray(['event', 'Events', '', 'payload'])
  .chain((names) => fc.tuple(...names.map((name) => member(name, anyValue))))
const batch = fc
  .tuple(
    fc.oneof({ weight: 5, arbitrary: events }, { weight: 1, arbitrary: fc.oneof(noEvent, anyObject) }),
    otherMembers,
    fc.nat(4),
  )
  .chain(([list, others, at]) => member('events', fc.constant(list)).map((own) => others.toSpliced(at, 0, own)))
const batchText = joined(batch, '{', '}')

const documents = fc
  .tuple(fc.oneof(event, events, batchText, noEvent), space, space)
  .map(([text, before, after]) => `${before}${text}${after}`)

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

test('the text of every payload is what JSON.parse saw there, in every shape of body', () => {
  fc.assert(
    fc.property(documents, (text) => {
      const body: unknown = JSON.parse(text)
      const isBatch = isObject(body) && Object.hasOwn(body, 'events')
      const values = isBatch ? body.events : body
      const found = payloadsOf(text)
      const expected: unknown[] = Array.isArray(values) ? values : isBatch ? [] : [values]
      assert.equal(found.length, expected.length)
      let from = 0
      for (const [index, value] of expected.entries()) {
        const payload = found[index] ?? ''
        if (!isObject(value) || !Object.hasOwn(value, 'payload')) {
          assert.equal(payload, '')
          continue
        }
        assert.deepEqual(JSON.parse(payload), value.payload)
        from = text.indexOf(payload, from)
        assert.ok(from >= 0, 'the texts are parts of the document, in order')
        from += payload.length
      }
    }),
    { numRuns: 3000 },
  )
})

test('each payload is found by its place, not by its content', () => {
  fc.assert(
    fc.property(fc.array(anyObject, { minLength: 1, maxLength: 5 }), space, (payloads, gap) => {
      const inEvents = payloads.map(
        (payload) => `{"x":${payload},"payload"${gap}:${gap}${payload}${gap},"y":{"payload":0}}`,
      )
      assert.deepEqual(payloadsOf(`[${inEvents.join(',')}]`), payloads)
      assert.deepEqual(payloadsOf(`{"z":[],"events":[${inEvents.join(',')}]}`), payloads)
      assert.deepEqual(payloadsOf(`${gap}${inEvents[0]}${gap}`), payloads.slice(0, 1))
    }),
    { numRuns: 500 },
  )
})

test('a repeated envelope field is found wherever it is and however it is spelt', () => {
  const repeated = fc.constantFrom(...envelopeFields).chain((name) =>
    fc
      .tuple(
        member(name, anyValue),
        joined(fc.array(member('x', anyValue), { maxLength: 2 }), '', ''),
        member(name, anyValue),
      )
      .map(([first, between, second]) => ({
        name,
        text: `{${[first, between.trim(), second].filter((part) => part !== '').join(',')}}`,
      })),
  )
  fc.assert(
    fc.property(repeated, fc.nat(3), ({ name, text }, before) => {
      const list = `[${[...Array.from({ length: before }, () => '{}'), text].join(',')}]`
      const refuses = (body: string, pointer: string) =>
        assert.throws(() => payloadsOf(body), {
          code: 'invalid_json',
          errors: [{ pointer, message: 'appears more than once' }],
        })
      refuses(text, `/${name}`)
      refuses(list, `/${before}/${name}`)
      refuses(`{"events":${list}}`, `/events/${before}/${name}`)
    }),
    { numRuns: 500 },
  )
})

test('nesting is counted as JSON counts it, whatever is around it', () => {
  const opened = fc.array(fc.constantFrom('[', '{'), { minLength: 0, maxLength: 80 })
  fc.assert(
    fc.property(opened, anyString, (brackets, text) => {
      const inner = brackets.reduceRight(
        (value, bracket) => (bracket === '[' ? `[${text},${value}]` : `{${text}:${value}}`),
        '0',
      )
      const scan = () => payloadsOf(`{"x":${inner}}`)
      if (brackets.length + 1 > 64) assert.throws(scan, { code: 'invalid_json' })
      else assert.deepEqual(scan(), [''])
    }),
    { numRuns: 500 },
  )
})
