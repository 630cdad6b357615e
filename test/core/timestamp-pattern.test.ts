/** The parser, written by hand for its speed, against the pattern that says what a timestamp looks like, and Date. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseInstantMs, parseTimestamp } from '../../src/core/timestamp.ts'

const pattern =
  /^(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?(?:([Zz])|([+-])(\d\d)(?::?(\d\d))?)?)?$/

/** What `parseTimestamp` must answer. */
function expectedInstant(text: string): { ms: number; fraction: string } | undefined {
  const match = pattern.exec(text)
  if (match === null) return undefined
  const [year, month, day, hour, minute, second] = [1, 2, 3, 4, 5, 6].map((group) => Number(match[group] ?? 0))
  const date = new Date(0)
  date.setUTCFullYear(year ?? 0, (month ?? 0) - 1, day)
  if (date.toISOString().slice(0, 10) !== text.slice(0, 10)) return undefined
  const digits = match[7] ?? ''
  const [offsetHours, offsetMinutes] = [Number(match[10] ?? 0), Number(match[11] ?? 0)]
  const secondOfDay = ((hour ?? 0) * 60 + (minute ?? 0)) * 60 + (second ?? 0)
  if ((minute ?? 0) > 59 || (second ?? 0) > 60 || offsetHours > 23 || offsetMinutes > 59) return undefined
  if (secondOfDay > 86_400 || (hour === 24 && /[1-9]/.test(digits))) return undefined
  const offsetMs = (match[9] === '-' ? -1 : 1) * (offsetHours * 60 + offsetMinutes) * 60_000
  const wholeMs = date.getTime() + secondOfDay * 1000 - offsetMs
  if (second === 60 && wholeMs % 86_400_000 !== 0) return undefined
  return { ms: wholeMs + Number(digits.slice(0, 3).padEnd(3, '0')), fraction: digits.slice(3).replace(/0+$/, '') }
}

/** A number of two digits, most often one at the edge of what is allowed. */
function number(...edges: number[]): fc.Arbitrary<string> {
  return fc
    .oneof({ weight: 19, arbitrary: fc.constantFrom(...edges) }, { weight: 1, arbitrary: fc.nat(99) })
    .map((value) => String(value).padStart(2, '0'))
}

const year = fc.oneof(fc.constantFrom(0, 4, 100, 400, 1900, 1969, 1970, 2000, 2016, 2024, 9999), fc.nat(9999))
const date = fc
  .tuple(year, number(1, 2, 11, 12), number(1, 28, 28, 29, 30, 31))
  .map(([y, month, day]) => `${String(y).padStart(4, '0')}-${month}-${day}`)
const second = fc
  .tuple(number(0, 30, 59, 60), fc.constantFrom('', '.', ','), fc.stringMatching(/^\d{1,15}$/))
  .map(([whole, mark, digits]) => `:${whole}${mark === '' ? '' : mark + digits}`)
const offset = fc
  .tuple(fc.constantFrom('+', '-'), number(0, 7, 23), fc.constantFrom('', ':'), number(0, 30, 59), fc.boolean())
  .map(([sign, hours, colon, minutes, hasMinutes]) => (hasMinutes ? sign + hours + colon + minutes : sign + hours))
const time = fc
  .tuple(
    fc.constantFrom('T', 't', ' '),
    number(0, 9, 23, 24),
    number(0, 59),
    fc.oneof(fc.constant(''), second),
    fc.oneof(fc.constantFrom('', 'Z', 'z'), offset),
  )
  .map(([mark, hour, minute, rest, zone]) => `${mark}${hour}:${minute}${rest}${zone}`)
const likely = fc.tuple(date, fc.oneof({ weight: 1, arbitrary: fc.constant('') }, { weight: 9, arbitrary: time }))

const telling = fc.constantFrom(...'0123456789TtZz+-:., ', '\n', '\0', '٣', 'é', '😀')
const change = fc.record({ at: fc.nat(40), length: fc.nat(2), text: fc.oneof(fc.constant(''), telling) })
const timestamps = fc
  .tuple(
    likely.map((parts) => parts.join('')),
    fc.oneof(fc.constant([]), fc.array(change, { maxLength: 2 })),
  )
  .map(([text, changes]) =>
    changes.reduce((changed, { at, length, text: put }) => {
      const start = at % (changed.length + 1)
      return changed.slice(0, start) + put + changed.slice(start + length)
    }, text),
  )

test('what the pattern and Date accept is accepted with the same instant, and nothing else', () => {
  let accepted = 0
  let refused = 0
  fc.assert(
    fc.property(timestamps, (text) => {
      const expected = expectedInstant(text)
      assert.deepEqual(parseTimestamp(text), expected)
      if (expected === undefined) refused++
      else accepted++
    }),
    { numRuns: 20_000 },
  )
  assert.ok(accepted > 2000 && refused > 2000, `${accepted} accepted, ${refused} refused`)
})

test('leap seconds and ends of days at every offset are those of the pattern and Date', () => {
  for (const seconds of ['23:59:60', '24:00:00', '24:00:60', '24:00', '23:59:59']) {
    for (let minutes = -1439; minutes <= 1439; minutes++) {
      const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60]
      const zone = `${minutes < 0 ? '-' : '+'}${String(hours).padStart(2, '0')}:${String(rest).padStart(2, '0')}`
      const text = `2016-12-31T${seconds}${zone}`
      assert.deepEqual(parseTimestamp(text), expectedInstant(text), text)
    }
  }
})

test('a timestamp inside a longer text is read to its end and no further', () => {
  const around = fc.array(telling, { maxLength: 8 }).map((parts) => parts.join(''))
  let accepted = 0
  fc.assert(
    fc.property(around, timestamps, fc.oneof(around, timestamps), (before, text, after) => {
      const found = parseInstantMs(before + text + after, before.length, before.length + text.length)
      const expected = expectedInstant(text)?.ms ?? Number.NaN
      assert.equal(found, expected)
      if (!Number.isNaN(expected)) accepted++
    }),
    { numRuns: 10_000 },
  )
  assert.ok(accepted > 1000, `${accepted} accepted`)
})

test('every beginning of a timestamp is judged by itself, whatever goes on behind it', () => {
  const text = '2026-01-31T09:30:00.123456+07:00'
  for (let end = 0; end <= text.length; end++) {
    const expected = expectedInstant(text.slice(0, end))?.ms ?? Number.NaN
    assert.equal(parseInstantMs(text, 0, end), expected, text.slice(0, end))
  }
})
