import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { textFault } from '../../src/core/event.ts'

/** Characters of one and of two code units; none is a lone surrogate or U+0000. */
const character = fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }).filter((text) => text !== '\0')

test('a text is good exactly up to its limit in code points', () => {
  fc.assert(
    fc.property(fc.array(character, { minLength: 1, maxLength: 40 }), (characters) => {
      const text = characters.join('')
      assert.equal(textFault(text, characters.length), undefined)
      assert.equal(textFault(text, characters.length + 1), undefined)
      if (characters.length === 1) return
      const maxChars = characters.length - 1
      assert.equal(textFault(text, maxChars), `must have 1 to ${maxChars} characters`)
    }),
  )
})

test('a character outside the basic plane counts as one', () => {
  assert.equal(textFault('😀'.repeat(255), 255), undefined)
  assert.equal(textFault('😀'.repeat(256), 255), 'must have 1 to 255 characters')
  assert.equal(textFault(`${'😀'.repeat(254)}ab`, 255), 'must have 1 to 255 characters')
  assert.equal(textFault('e\u0301'.repeat(127), 254), undefined)
})

test('an empty text is refused', () => {
  assert.equal(textFault('', 255), 'must have 1 to 255 characters')
})

test('what is not a string is refused', () => {
  const values = [undefined, null, 1, Number.NaN, true, 1n, {}, [], ['a'], Symbol('a'), new String('a'), () => 'a']
  for (const value of values) assert.equal(textFault(value, 255), 'must be a string')
})

test('a lone surrogate is refused wherever it stands, and a pair is not', () => {
  const surrogate = fc.integer({ min: 0xd800, max: 0xdfff }).map((unit) => String.fromCharCode(unit))
  fc.assert(
    fc.property(fc.array(character), surrogate, fc.array(character), (before, unit, after) => {
      const text = before.join('') + unit + after.join('')
      assert.equal(textFault(text, 1000), 'must not contain a lone surrogate')
    }),
  )
  assert.equal(textFault('\udc00\ud800', 255), 'must not contain a lone surrogate')
  assert.equal(textFault('\ud800\udc00', 255), undefined)
})

test('U+0000 is refused wherever it stands', () => {
  fc.assert(
    fc.property(fc.array(character), fc.array(character), (before, after) => {
      assert.equal(textFault(`${before.join('')}\0${after.join('')}`, 1000), 'must not contain U+0000')
    }),
  )
})
