/** Numbers as text. Thousands are grouped with commas and decimals stand behind a point, wherever the reader is. */

const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })
const compact = new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 1 })

export function count(value: number): string {
  return whole.format(value)
}

/** `12.3K`: where there is no room for every digit. */
export function shortCount(value: number): string {
  return value < 10_000 ? whole.format(value) : compact.format(value)
}

/** For an axis: all its labels in one way, `500`, `1.5K`, `20K`. */
export function axisCount(value: number): string {
  return value < 1000 ? whole.format(value) : compact.format(value)
}

/** `0.4`, `12`, `3,400`: per second. */
export function rate(value: number): string {
  if (value === 0) return '0'
  return value < 10 ? String(Math.max(0.01, Math.round(value * 100) / 100)) : whole.format(value)
}

export function percent(part: number, all: number): string {
  if (all === 0) return '0 %'
  const value = (100 * part) / all
  if (value === 0 || value >= 100) return `${Math.round(value)} %`
  // Something is never shown as nothing, and a rest never as all.
  return value < 0.01
    ? '< 0.01 %'
    : value > 99.99
      ? '> 99.99 %'
      : `${value < 10 ? value.toFixed(2) : value.toFixed(1)} %`
}

const byteUnits = ['B', 'KiB', 'MiB', 'GiB', 'TiB']

export function bytes(value: number): string {
  let size = value
  let at = 0
  while (size >= 1024 && at < byteUnits.length - 1) {
    size /= 1024
    at++
  }
  return `${at === 0 || size >= 100 ? Math.round(size) : size.toFixed(1)} ${byteUnits[at]}`
}

/** Both ends of an id tell more than its beginning alone. */
export function middleTruncated(text: string, maxChars: number): string {
  if (text.length <= maxChars) return text
  const head = Math.ceil((maxChars - 1) / 2)
  return `${text.slice(0, head)}…${text.slice(text.length - (maxChars - 1 - head))}`
}
