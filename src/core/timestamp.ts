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

const dateChars = '2026-01-31'.length
const timeChars = 'T09:30:00'.length
const zero = 0x30
const dash = 0x2d
const colon = 0x3a

/**
 * The instant a timestamp names; without an offset it is UTC, a date alone is its midnight.
 * Accepts a leap second (23:59:60 UTC, counted as the next second) and 24:00:00 (the next midnight).
 *
 * @returns undefined when the text is not such a timestamp or names a day or time that does not exist.
 */
export function parseTimestamp(text: string): Instant | undefined {
  const ms = parseInstantMs(text, 0, text.length)
  return Number.isNaN(ms) ? undefined : { ms, fraction: fractionOf(text) }
}

/**
 * The millisecond of the timestamp between two places of a text, as `parseTimestamp`; NaN where that is undefined.
 * By hand, because every event has one: the regular expression it replaced cost five times as much.
 */
export function parseInstantMs(text: string, start: number, end: number): number {
  const length = end - start
  if (length < dateChars) return Number.NaN
  const year = 100 * twoDigits(text, start) + twoDigits(text, start + 2)
  const month = twoDigits(text, start + 5)
  const day = twoDigits(text, start + 8)
  if (text.charCodeAt(start + 4) !== dash || text.charCodeAt(start + 7) !== dash) return Number.NaN
  // Comparisons with NaN are false, so that what is not a digit fails them.
  if (!(month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(year, month))) return Number.NaN
  const dayMs = daysFromEpoch(year, month, day) * 86_400_000
  if (length === dateChars) return dayMs
  return dayMs + parseTimeMs(text, start + dateChars, end)
}

/** The digits of a valid timestamp's fraction after the millisecond, without trailing zeros. */
export function fractionOf(timestamp: string): string {
  const start = dateChars + timeChars + 1
  if (!isFractionMark(timestamp.charCodeAt(start - 1))) return ''
  let end = endOfDigits(timestamp, start, timestamp.length)
  while (end > start + 3 && timestamp.charCodeAt(end - 1) === zero) end--
  return timestamp.slice(start + 3, end)
}

/** Orders two instants as `Array.prototype.sort` wants it. */
export function compareInstants(a: Instant, b: Instant): number {
  if (a.ms !== b.ms) return a.ms - b.ms
  if (a.fraction === b.fraction) return 0
  return a.fraction < b.fraction ? -1 : 1
}

/** The time of day with its mark and offset, in milliseconds since the midnight of its date; NaN when it is none. */
function parseTimeMs(text: string, start: number, end: number): number {
  const mark = text.charCodeAt(start)
  if (end - start < 6 || (mark !== 0x54 && mark !== 0x74 && mark !== 0x20)) return Number.NaN
  const hour = twoDigits(text, start + 1)
  const minute = twoDigits(text, start + 4)
  if (text.charCodeAt(start + 3) !== colon || !(hour <= 24 && minute <= 59)) return Number.NaN
  let at = start + 6
  let second = 0
  let millisecond = 0
  let isWholeSecond = true
  if (at < end && text.charCodeAt(at) === colon) {
    if (end - at < 3) return Number.NaN
    second = twoDigits(text, at + 1)
    if (!(second <= 60)) return Number.NaN
    at += 3
    if (at < end && isFractionMark(text.charCodeAt(at))) {
      const digits = at + 1
      at = endOfDigits(text, digits, end)
      if (at === digits) return Number.NaN
      for (let digit = digits; digit < at; digit++) {
        const value = text.charCodeAt(digit) - zero
        if (value !== 0) isWholeSecond = false
        if (digit < digits + 3) millisecond += value * (millisecondsPerDigit[digit - digits] ?? 0)
      }
    }
  }
  if (hour === 24 && (minute > 0 || second > 0 || !isWholeSecond)) return Number.NaN
  const utcMinutes = hour * 60 + minute - parseOffsetMinutes(text, at, end)
  if (second === 60 && (utcMinutes + 1) % 1440 !== 0) return Number.NaN
  return utcMinutes * 60_000 + second * 1000 + millisecond
}

const millisecondsPerDigit = [100, 10, 1]

/** `Z`, `+07`, `+0700`, `+07:00`, or nothing, which is UTC; NaN when it is none of them. */
function parseOffsetMinutes(text: string, start: number, end: number): number {
  if (start === end) return 0
  const mark = text.charCodeAt(start)
  const length = end - start
  if (mark === 0x5a || mark === 0x7a) return length === 1 ? 0 : Number.NaN
  if ((mark !== 0x2b && mark !== dash) || length < 3) return Number.NaN
  const hasColon = length === 6 && text.charCodeAt(start + 3) === colon
  if (length !== 3 && length !== 5 && !hasColon) return Number.NaN
  const hours = twoDigits(text, start + 1)
  const minutes = length === 3 ? 0 : twoDigits(text, end - 2)
  if (!(hours <= 23 && minutes <= 59)) return Number.NaN
  return mark === dash ? -(hours * 60 + minutes) : hours * 60 + minutes
}

function twoDigits(text: string, at: number): number {
  const tens = text.charCodeAt(at) - zero
  const ones = text.charCodeAt(at + 1) - zero
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? 10 * tens + ones : Number.NaN
}

function endOfDigits(text: string, start: number, end: number): number {
  let at = start
  while (at < end && text.charCodeAt(at) >= zero && text.charCodeAt(at) <= zero + 9) at++
  return at
}

function isFractionMark(char: number): boolean {
  return char === 0x2e || char === 0x2c
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
