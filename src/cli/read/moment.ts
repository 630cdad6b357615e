/** Moments as people type them: a time, or how long ago. */
import { UsageError } from '../../app/config.ts'
import { parseTimestamp } from '../../core/timestamp.ts'

const unitMs: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** @param name the option. @returns ISO 8601. @throws UsageError when it is neither. */
export function parseMoment(name: string, text: string, nowMs: number): string {
  const [, amount, unit = ''] = /^(\d{1,6})([smhd])$/.exec(text) ?? []
  if (amount !== undefined) return new Date(nowMs - Number(amount) * (unitMs[unit] ?? 0)).toISOString()
  if (parseTimestamp(text) !== undefined) return text
  throw new UsageError(`${name} must be an ISO 8601 time, or how long ago, such as 15m, 2h or 7d, not "${text}"`)
}
