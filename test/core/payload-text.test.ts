import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { payloadMatcher } from '../../src/core/payload-text.ts'

const letter = fc.oneof(fc.string({ minLength: 1, maxLength: 1 }), fc.constantFrom(...'ΣςσİıǅßéÉ😀"\\\n\t/'))
const text = fc.array(letter, { maxLength: 20 }).map((letters) => letters.join(''))

/** JSON with every character of its strings escaped, as some publishers send it. */
function escapeAll(json: string): string {
  return json.replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

test('every part of a text is found, however the publisher escaped it', () => {
  fc.assert(
    fc.property(text, text, text, (before, wanted, after) => {
      const payload = JSON.stringify({ text: before + wanted + after })
      assert.ok(payloadMatcher(wanted)(payload))
      assert.ok(payloadMatcher(wanted)(escapeAll(payload)))
      assert.ok(payloadMatcher(wanted)(payload.replaceAll('/', '\\/')))
    }),
    { numRuns: 2000 },
  )
})

test('every part of the JSON as sent is found', () => {
  fc.assert(
    fc.property(fc.json(), fc.nat(), fc.nat(), (payload, start, length) => {
      const from = start % payload.length
      assert.ok(payloadMatcher(payload.slice(from, from + (length % 10)))(payload))
    }),
  )
})

test('letters are found in either case', () => {
  const words = ['timeout', 'ÄÖÜé', 'Привет', 'ΟΔΟΣ', 'İstanbul']
  for (const word of words) {
    const payload = JSON.stringify({ text: `a ${word} b` })
    assert.ok(payloadMatcher(word.toLowerCase())(payload), word)
    assert.ok(payloadMatcher(word)(JSON.stringify({ text: word.toLowerCase() })), word)
  }
  assert.ok(payloadMatcher('TIMEOUT')('{"text":"timeout"}'))
})

test('a backslash that is itself escaped begins no escape', () => {
  const payload = '{"path":"C:\\\\u0041\\\\new"}'
  assert.ok(payloadMatcher('C:\\u0041\\new')(payload))
  assert.equal(payloadMatcher('CA')(payload), false)
  assert.equal(payloadMatcher('A\\')(payload), false)
})

test('what is not there is not found, also if it would be as a pattern', () => {
  const payload = '{"text":"abc 100%"}'
  for (const wanted of ['abd', 'a.c', 'a%c', 'a_c', '[abc]', '^', 'abc  100', '\\u0061bc', '.*', 'abc|x']) {
    assert.equal(payloadMatcher(wanted)(payload), false, wanted)
  }
})
