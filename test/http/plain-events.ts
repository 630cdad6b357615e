/** Texts of valid events in the forms that the fast way knows, for properties. */
import fc from 'fast-check'
import { anyObject, joined, space } from './json-texts.ts'

/** A quoted text without escapes: of one byte a character, or of up to four. */
const plainText = fc
  .oneof(
    fc.string({ minLength: 1, maxLength: 12 }),
    fc.string({
      unit: fc.constantFrom('a', 'é', '漢', '😀', '\u007f', '\u2028', '\ufeff'),
      minLength: 1,
      maxLength: 12,
    }),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }),
    fc.constantFrom('x'.repeat(128), '漢'.repeat(42), 'events', 'payload', '{', '}],'),
  )
  // biome-ignore lint/suspicious/noControlCharactersInRegex: JSON wants them escaped.
  .map((text) => `"${text.replaceAll(/[\u0000-\u001f"\\]/g, '_')}"`)

const timestamp = fc.oneof(
  fc.integer({ min: -6e13, max: 2e14 }).map((ms) => `"${new Date(ms).toISOString()}"`),
  fc.constantFrom(
    '"2026-01-31"',
    '"2026-01-31T09:30"',
    '"2026-01-31t09:30:00z"',
    '"2026-01-31 09:30:00,5+07"',
    '"2016-12-31T23:59:60.123456789012345678Z"',
    '"0000-01-01T24:00:00-23:59"',
  ),
)

const longText = fc.constantFrom(...'aé漢😀').map((char) => `{"long":"${char.repeat(20_000)}"}`)

/** A payload of so many objects and arrays inside each other. */
export function nestedPayload(levels: number): string {
  const inner = levels - 1
  return `{"a":${'[{"b":'.repeat(inner / 2)}${'['.repeat(inner % 2)}0${']'.repeat(inner % 2)}${'}]'.repeat(inner / 2)}}`
}

const payload = fc.oneof(
  { weight: 20, arbitrary: anyObject },
  { weight: 2, arbitrary: fc.integer({ min: 1, max: 61 }).map(nestedPayload) },
  { weight: 1, arbitrary: longText },
)

const members = fc
  .record({ topic: plainText, event_id: plainText, timestamp, source: plainText, payload })
  .chain((fields) => fc.shuffledSubarray(Object.entries(fields), { minLength: 5 }))
  .chain((fields) => fc.tuple(...fields.map(([name, value]) => memberText(name, value))))

function memberText(name: string, value: string): fc.Arbitrary<string> {
  return fc.tuple(space, space).map(([before, after]) => `"${name}"${before}:${after}${value}`)
}

export const plainEvent = joined(members, '{', '}')

const list = joined(fc.array(plainEvent, { minLength: 1, maxLength: 6 }), '[', ']')
const batch = joined(
  list.chain((text) => memberText('events', text)).map((text) => [text]),
  '{',
  '}',
)

/** A body of every form. */
export const plainBody = fc.tuple(space, fc.oneof(plainEvent, list, batch), space).map((parts) => parts.join(''))
