/** Numbers as people read them. */

const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })
const oneDigit = new Intl.NumberFormat('en-US', { minimumFractionDigits: 1, maximumFractionDigits: 1 })

export function formatCount(value: number): string {
  return whole.format(value)
}

const byteUnits = ['kB', 'MB', 'GB', 'TB'] as const

export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`
  const power = Math.min(byteUnits.length, Math.floor(Math.log10(bytes) / 3))
  return `${oneDigit.format(bytes / 1000 ** power)} ${byteUnits[power - 1]}`
}

export function formatSeconds(ms: number): string {
  return ms < 10_000 ? `${(ms / 1000).toFixed(2)} s` : `${oneDigit.format(ms / 1000)} s`
}

export function formatRate(events: number, ms: number): string {
  return `${formatCount(ms > 0 ? (events * 1000) / ms : 0)}/s`
}

/** `1 event`, `2 events`. */
export function counted(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`
}

/** A stretch of time, from milliseconds to days, in its largest two units. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${whole.format(ms)} ms`
  if (ms < 60_000) return formatSeconds(ms)
  const minutes = Math.floor(ms / 60_000)
  if (minutes < 60) return `${minutes} min ${Math.floor(ms / 1000) % 60} s`
  const hours = Math.floor(minutes / 60)
  if (hours < 24) return `${hours} h ${minutes % 60} min`
  return `${whole.format(Math.floor(hours / 24))} d ${hours % 24} h`
}

/** A rate that may be small: `0.03/s`, `1,200/s`. */
export function formatPerSecond(rate: number): string {
  return `${rate < 10 ? Number(rate.toPrecision(2)) : whole.format(rate)}/s`
}
