/** Texts of JSON for properties: every form that a value may be written in, not only that of JSON.stringify. */
import fc from 'fast-check'

export const space = fc.string({ unit: fc.constantFrom(' ', '\n', '\t', '\r'), maxLength: 2 })

/** A JSON string for the text, each character as it is or escaped. */
function stringText(text: string): fc.Arbitrary<string> {
  return fc.array(fc.nat(2), { minLength: text.length, maxLength: text.length }).map((ways) => {
    const parts = text.split('').map((unit, index) => {
      const hex = unit.charCodeAt(0).toString(16).padStart(4, '0')
      if (ways[index] === 0) return `\\u${hex}`
      if (ways[index] === 1) return `\\u${hex.toUpperCase()}`
      return JSON.stringify(unit).slice(1, -1)
    })
    return `"${parts.join('')}"`
  })
}

export const numberText = fc.constantFrom('0', '-0', '1.0', '1e400', '-1.5E-7', '12345678901234567890')
const trickyString = fc.constantFrom(
  '"',
  '\\',
  '\\"',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '\\\\"',
  '"}',
  'payload',
  '\u2028',
  '😀',
)
const anyText = fc.oneof(fc.string({ unit: 'binary', maxLength: 6 }), trickyString)
/**
 * Names of fields that V8's JSON.parse is an oracle of: none twice, and none with anything escaped. It keeps now the first and now
 * the last of two, and at times takes an escaped character for the backslash: `{"{[":1,"a\\"":2}` may get a field `a\\`.
 */
const plainName = anyText.map((text) => text.replaceAll(/["\\\p{Cc}\p{Cs}]/gu, '_'))
export const anyString = anyText.chain(stringText)

/** A member of an object. */
export function member(name: string, value: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return stringText(name).chain((key) => field(key, value))
}

function field(key: string, value: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.tuple(space, space, value).map(([before, after, text]) => `${key}${before}:${after}${text}`)
}

export function joined(parts: fc.Arbitrary<string[]>, open: string, close: string): fc.Arbitrary<string> {
  return fc.tuple(parts, space, space).map(([items, before, after]) => {
    return `${open}${before}${items.join(`${after},${before}`)}${after}${close}`
  })
}

export const { value: anyValue, object: anyObject } = fc.letrec<{ value: string; object: string }>((tie) => ({
  object: joined(
    fc
      .uniqueArray(plainName, { maxLength: 4 })
      .chain((names) => fc.tuple(...names.map((name) => field(JSON.stringify(name), tie('value'))))),
    '{',
    '}',
  ),
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    numberText,
    fc.constantFrom('true', 'false', 'null'),
    anyString,
    joined(fc.array(tie('value'), { maxLength: 4 }), '[', ']'),
    tie('object'),
  ),
}))
