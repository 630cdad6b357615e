/** Numbers as people read them. */

const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })
const oneDigit = new Intl.NumberFormat('en-US', { minimumFractionDigits: 1, maximumFractionDigits: 1 })

export function formatCount(value: number): string {
  return whole.format(value)
}

export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`
  const [amount, unit] = bytes < 1_000_000 ? [bytes / 1000, 'kB'] : [bytes / 1_000_000, 'MB']
  return `${oneDigit.format(amount)} ${unit}`
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
