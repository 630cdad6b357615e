/**
 * ISO 8601 timestamps: calendar date, or date and time of day, in the extended format.
 * The text itself is what is stored and returned; the instant is only for sorting and ranges.
 */

/**
 * A point in time of unlimited precision: whole milliseconds since the Unix epoch, and the digits of the fraction
 * after the millisecond without trailing zeros (`'4567'` is 0.4567 ms). Order: `ms`, then `fraction` by code unit.
 */
export interface Instant {
  readonly ms: number
  readonly fraction: string
}

const pattern =
  /^(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?(?:([Zz])|([+-])(\d\d)(?::?(\d\d))?)?)?$/

/**
 * The instant a timestamp names; without an offset it is UTC, a date alone is its midnight.
 * Accepts a leap second (23:59:60 UTC, counted as the next second) and 24:00:00 (the next midnight).
 *
 * @returns undefined when the text is not such a timestamp or names a day or time that does not exist.
 */
export function parseTimestamp(text: string): Instant | undefined {
  const match = pattern.exec(text)
  if (match === null) return undefined
  const year = Number(match[1])
  const month = Number(match[2])
  const day = Number(match[3])
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return undefined
  const hour = Number(match[4] ?? 0)
  const minute = Number(match[5] ?? 0)
  const second = Number(match[6] ?? 0)
  const digits = match[7] ?? ''
  const offsetHours = Number(match[10] ?? 0)
  const offsetMinutes = Number(match[11] ?? 0)
  if (minute > 59 || second > 60 || offsetHours > 23 || offsetMinutes > 59) return undefined
  if (hour > 24 || (hour === 24 && (minute > 0 || second > 0 || /[1-9]/.test(digits)))) return undefined
  const sign = match[9] === '-' ? -1 : 1
  const utcMinutes = hour * 60 + minute - sign * (offsetHours * 60 + offsetMinutes)
  if (second === 60 && (utcMinutes + 1) % 1440 !== 0) return undefined
  const ms = (daysFromEpoch(year, month, day) * 1440 + utcMinutes) * 60_000 + second * 1000
  return digits === '' ? { ms, fraction: '' } : withFraction(ms, digits)
}

/** Orders two instants as `Array.prototype.sort` wants it. */
export function compareInstants(a: Instant, b: Instant): number {
  if (a.ms !== b.ms) return a.ms - b.ms
  if (a.fraction === b.fraction) return 0
  return a.fraction < b.fraction ? -1 : 1
}

function withFraction(ms: number, digits: string): Instant {
  let end = digits.length
  while (end > 3 && digits.charCodeAt(end - 1) === 0x30) end--
  return { ms: ms + Number(digits.slice(0, 3).padEnd(3, '0')), fraction: digits.slice(3, end) }
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}

/** Days since 1970-01-01 in the proleptic Gregorian calendar; a year counted from March has its leap day last. */
function daysFromEpoch(year: number, month: number, day: number): number {
  const y = month > 2 ? year : year - 1
  const era = Math.floor(y / 400)
  const yearOfEra = y - era * 400
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return era * 146_097 + dayOfEra - 719_468
}
