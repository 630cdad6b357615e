/** The one place where times become text and text becomes times. */
import { preference } from './preference.ts'

export const timeMode = preference('time', ['local', 'utc', 'relative'])

export type TimeMode = 'local' | 'utc' | 'relative'

const pad = (value: number, length = 2): string => String(Math.abs(value)).padStart(length, '0')

/** Parts of a moment on the clock of a mode; relative times use the local clock where a clock is needed. */
function clockOf(ms: number, mode: TimeMode) {
  const date = new Date(ms)
  return mode === 'utc'
    ? {
        day: date.toISOString().slice(0, 10),
        time: date.toISOString().slice(11, 23),
        offset: 'Z',
      }
    : {
        day: `${pad(date.getFullYear(), 4)}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`,
        time: `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}.${pad(date.getMilliseconds(), 3)}`,
        offset: offsetOf(date),
      }
}

function offsetOf(date: Date): string {
  const minutes = -date.getTimezoneOffset()
  return `${minutes < 0 ? '-' : '+'}${pad(Math.trunc(minutes / 60))}:${pad(minutes % 60)}`
}

/** `2026-01-31T09:30:00.123+01:00`: for tooltips and copying. */
export function isoWithOffset(ms: number, mode: TimeMode): string {
  const { day, time, offset } = clockOf(ms, mode)
  return `${day}T${time}${offset}`
}

/** For a table: the time alone when it is of today, else with its day. */
export function shortTime(ms: number, mode: TimeMode, nowMs: number): string {
  if (mode === 'relative') return ago(ms, nowMs)
  const { day, time } = clockOf(ms, mode)
  return day === clockOf(nowMs, mode).day ? time : `${day} ${time}`
}

/** For an axis: as much as the distance between two labels needs. */
export function axisTime(ms: number, mode: TimeMode, stepMs: number): string {
  const { day, time } = clockOf(ms, mode)
  if (stepMs >= 86_400_000) return day.slice(5)
  if (stepMs >= 60_000) return time.startsWith('00:00') ? day.slice(5) : time.slice(0, 5)
  return stepMs >= 1000 ? time.slice(0, 8) : time
}

/** How far the clock of a mode is ahead of UTC at a moment. */
export function clockOffsetMs(ms: number, mode: TimeMode): number {
  return mode === 'utc' ? 0 : -new Date(ms).getTimezoneOffset() * 60_000
}

/** `2026-01-31 09:30:00 to 09:31:00 +01:00`: a stretch of time, as exact as its length needs. */
export function clockRange(fromMs: number, toMs: number, mode: TimeMode): string {
  const from = clockOf(fromMs, mode)
  const to = clockOf(toMs, mode)
  const digits = fromMs % 1000 === 0 && toMs % 1000 === 0 ? 8 : 12
  const end = `${from.day === to.day ? '' : `${to.day} `}${to.time.slice(0, digits)}`
  return `${from.day} ${from.time.slice(0, digits)} to ${end} ${to.offset === 'Z' ? 'UTC' : to.offset}`
}

/** `3 s ago`, `in 5 min`. */
export function ago(ms: number, nowMs: number): string {
  const distanceMs = nowMs - ms
  if (Math.abs(distanceMs) < 1000) return 'now'
  return distanceMs > 0 ? `${roughDuration(distanceMs)} ago` : `in ${roughDuration(-distanceMs)}`
}

const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000],
] as const

/** One unit: `3 d`, `14 min`, `250 ms`. */
export function roughDuration(ms: number): string {
  const [name, size] = units.find(([, each]) => ms >= each) ?? ['ms', 1]
  return `${Math.floor(ms / size)} ${name}`
}

/** Two units: `2 d 3 h`, `1 min 5 s`. */
export function duration(ms: number): string {
  const at = units.findIndex(([, each]) => ms >= each)
  const [name, size] = units[at] ?? ['ms', 1]
  const next = units[at + 1]
  const rest = next === undefined || at === -1 ? 0 : Math.floor((ms % size) / next[1])
  return rest === 0 || next === undefined ? roughDuration(ms) : `${Math.floor(ms / size)} ${name} ${rest} ${next[0]}`
}

const relativePattern = /^-(\d{1,6})(s|m|h|d)$/
const relativeMs: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }
/** Seconds, milliseconds, microseconds, nanoseconds since the Unix epoch, told apart by their digits. */
const epochDivisors: Readonly<Record<number, number>> = { 10: 0.001, 13: 1, 16: 1000, 19: 1_000_000 }

/**
 * What a person types or pastes: `-15m`, ISO 8601, or a Unix time in s, ms, µs or ns.
 *
 * @returns ISO 8601 in UTC, or the relative text as it is; undefined when it is neither.
 */
export function parseTimeInput(text: string): string | undefined {
  const trimmed = text.trim()
  if (relativePattern.test(trimmed)) return trimmed
  const divisor = /^\d+$/.test(trimmed) ? epochDivisors[trimmed.length] : undefined
  if (divisor !== undefined) return new Date(Number(trimmed) / divisor).toISOString()
  if (!/^\d{4}-\d{2}-\d{2}/.test(trimmed)) return undefined
  // Without an offset it is UTC, as everywhere in Sekali.
  const hasOffset = /(Z|[+-]\d{2}:?\d{2})$/i.test(trimmed.slice(10))
  const ms = Date.parse(
    hasOffset ? trimmed.replace(' ', 'T') : `${trimmed.replace(' ', 'T')}${trimmed.length > 10 ? 'Z' : ''}`,
  )
  return Number.isNaN(ms) ? undefined : new Date(ms).toISOString()
}

/** The moment that a value of the address bar means: `-1h` is an hour before now. */
export function resolveTime(value: string | null, nowMs: number): string | undefined {
  if (value === null || value === '') return undefined
  const relative = relativePattern.exec(value)
  if (relative === null) return value
  return new Date(nowMs - Number(relative[1]) * (relativeMs[relative[2] ?? ''] ?? 0)).toISOString()
}
