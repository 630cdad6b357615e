import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { compareInstants, type Instant, parseTimestamp } from '../../src/core/timestamp.ts'

/** Every millisecond of the years 0000 to 9999, as one number. */
const anyMs = fc.integer({ min: Date.parse('0000-01-01T00:00:00Z'), max: Date.parse('9999-12-31T23:59:59.999Z') })
const digits = fc.stringMatching(/^[0-9]{1,40}$/)

function instantOf(text: string): Instant {
  const instant = parseTimestamp(text)
  assert.ok(instant !== undefined, `${text} is a timestamp`)
  return instant
}

function twoDigits(count: number): string {
  return String(count).padStart(2, '0')
}

test('every millisecond from year 0000 to 9999 is the one that Date knows', () => {
  fc.assert(
    fc.property(anyMs, (ms) => {
      assert.deepEqual(instantOf(new Date(ms).toISOString()), { ms, fraction: '' })
    }),
    { numRuns: 2000 },
  )
})

test('a date is its midnight in UTC, and a time without an offset is in UTC', () => {
  fc.assert(
    fc.property(anyMs, (ms) => {
      const text = new Date(ms).toISOString()
      assert.equal(instantOf(text.slice(0, 10)).ms, Date.parse(text.slice(0, 10)))
      assert.deepEqual(instantOf(text.slice(0, -1)), instantOf(text))
      assert.equal(instantOf(text.slice(0, 16)).ms, Date.parse(`${text.slice(0, 16)}Z`))
    }),
  )
})

test('an offset moves the instant as in Date', () => {
  const offset = fc.tuple(fc.constantFrom('+', '-'), fc.nat({ max: 23 }), fc.nat({ max: 59 }))
  fc.assert(
    fc.property(anyMs, offset, (ms, [sign, hours, minutes]) => {
      const local = new Date(ms).toISOString().slice(0, -1)
      const offsetText = `${sign}${twoDigits(hours)}:${twoDigits(minutes)}`
      assert.equal(instantOf(local + offsetText).ms, Date.parse(local + offsetText))
      assert.deepEqual(instantOf(local + offsetText.replace(':', '')), instantOf(local + offsetText))
      assert.deepEqual(instantOf(local + offsetText.slice(0, 3)), instantOf(`${local}${offsetText.slice(0, 3)}:00`))
    }),
  )
})

test('a day of the calendar is accepted exactly if Date keeps it', () => {
  const number = fc.nat({ max: 40 })
  fc.assert(
    fc.property(fc.nat({ max: 9999 }), number, number, (year, month, day) => {
      const text = `${String(year).padStart(4, '0')}-${twoDigits(month)}-${twoDigits(day)}`
      const date = new Date(0)
      date.setUTCFullYear(year, month - 1, day)
      const exists = date.toISOString().slice(0, 10) === text
      assert.equal(parseTimestamp(text) !== undefined, exists, text)
    }),
    { numRuns: 5000 },
  )
})

test('the last day of February follows the Gregorian calendar', () => {
  for (const year of ['2024', '2000', '0000', '2400']) assert.ok(parseTimestamp(`${year}-02-29`), year)
  for (const year of ['2023', '1900', '2100', '0001']) assert.equal(parseTimestamp(`${year}-02-29`), undefined, year)
})

test('a fraction may have any number of digits, and none of them is lost', () => {
  fc.assert(
    fc.property(anyMs, digits, (ms, fractionDigits) => {
      const seconds = new Date(ms).toISOString().slice(0, 19)
      const instant = instantOf(`${seconds}.${fractionDigits}Z`)
      assert.equal(instant.ms, Date.parse(`${seconds}Z`) + Number(fractionDigits.slice(0, 3).padEnd(3, '0')))
      assert.equal(instant.fraction, fractionDigits.slice(3).replace(/0+$/, ''))
    }),
  )
  const long = '123456789'.repeat(10_000)
  assert.equal(instantOf(`2026-01-31T09:30:00.${long}Z`).fraction, long.slice(3))
})

test('zeros at the end of a fraction and the sign before it change nothing', () => {
  fc.assert(
    fc.property(digits, fc.nat({ max: 30 }), (fractionDigits, zeros) => {
      const seconds = '2026-01-31T09:30:00'
      const padded = fractionDigits + '0'.repeat(zeros)
      assert.deepEqual(instantOf(`${seconds}.${padded}Z`), instantOf(`${seconds}.${fractionDigits}Z`))
      assert.deepEqual(instantOf(`${seconds},${padded}Z`), instantOf(`${seconds}.${fractionDigits}Z`))
    }),
  )
  assert.deepEqual(instantOf('2026-01-31T09:30:00.000000Z'), instantOf('2026-01-31T09:30Z'))
})

test('instants are ordered as their digits are, however many', () => {
  const scaled = (fractionDigits: string) => BigInt(fractionDigits.padEnd(80, '0'))
  // What is the same in both comes first, so that the difference is often far behind the millisecond.
  fc.assert(
    fc.property(digits, digits, digits, (same, restA, restB) => {
      const [digitsA, digitsB] = [same + restA, same + restB]
      const instantA = instantOf(`2026-01-31T09:30:00.${digitsA}Z`)
      const instantB = instantOf(`2026-01-31T09:30:00.${digitsB}Z`)
      const [scaledA, scaledB] = [scaled(digitsA), scaled(digitsB)]
      assert.equal(Math.sign(compareInstants(instantA, instantB)), scaledA < scaledB ? -1 : Number(scaledA > scaledB))
    }),
    { numRuns: 2000 },
  )
})

test('midnight may be written as the end of its day', () => {
  assert.deepEqual(instantOf('2025-12-31T24:00:00Z'), instantOf('2026-01-01T00:00:00Z'))
  assert.deepEqual(instantOf('2025-12-31T24:00'), instantOf('2026-01-01'))
  assert.deepEqual(instantOf('2025-12-31T24:00:00.000+07:00'), instantOf('2026-01-01T00:00:00+07:00'))
  for (const time of ['24:00:01', '24:01', '24:00:00.0000001', '25:00']) {
    assert.equal(parseTimestamp(`2025-12-31T${time}Z`), undefined, time)
  }
})

test('a leap second is the last of a day in UTC, and counts as the next second', () => {
  assert.deepEqual(instantOf('2016-12-31T23:59:60Z'), instantOf('2017-01-01T00:00:00Z'))
  assert.deepEqual(instantOf('2016-12-31T23:59:60.25Z'), instantOf('2017-01-01T00:00:00.25Z'))
  assert.deepEqual(instantOf('2017-01-01T06:59:60+07:00'), instantOf('2017-01-01T00:00:00Z'))
  assert.deepEqual(instantOf('2016-12-31T15:59:60-08:00'), instantOf('2017-01-01T00:00:00Z'))
  for (const text of ['2016-12-31T23:58:60Z', '2016-12-31T12:00:60Z', '2016-12-31T23:59:60+07:00']) {
    assert.equal(parseTimestamp(text), undefined, text)
  }
  assert.equal(parseTimestamp('2016-12-31T23:59:61Z'), undefined)
})

test('what is almost a timestamp is refused', () => {
  const almost = [
    '',
    '2026',
    '2026-01',
    '2026-1-31',
    '26-01-31',
    '20260131',
    '2026-01-31T',
    '2026-01-31T09',
    '2026-01-31T9:30',
    '2026-01-31T09:30:',
    '2026-01-31T09:30:00.',
    '2026-01-31T09:30:00.5.5Z',
    '2026-01-31T09:30.5Z',
    '2026-01-31T09:60Z',
    '2026-01-31T09:30:00Zz',
    '2026-01-31T09:30:00+24:00',
    '2026-01-31T09:30:00+07:60',
    '2026-01-31T09:30:00+7',
    '2026-01-31T09:30:00 +07:00',
    '2026-01-31Z',
    '2026-01-31T09:30:00Z\n',
    ' 2026-01-31',
    '2026-01-31 ',
    '+002026-01-31',
    '2026-W05-6',
    '2026-031',
    '٢٠٢٦-٠١-٣١',
    'Sat, 31 Jan 2026 09:30:00 GMT',
    '1769851800000',
  ]
  for (const text of almost) assert.equal(parseTimestamp(text), undefined, JSON.stringify(text))
})

test('no text makes the parser throw', () => {
  const parts = fc.constantFrom('2026', '-', '01', '31', 'T', ':', '24', '60', '.', '9', 'Z', '+', ' ', '\n', '٣')
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(parts).map((list) => list.join('')),
      ),
      (text) => {
        const instant = parseTimestamp(text)
        assert.ok(instant === undefined || (Number.isSafeInteger(instant.ms) && /^(\d*[1-9])?$/.test(instant.fraction)))
      },
    ),
    { numRuns: 5000 },
  )
})
