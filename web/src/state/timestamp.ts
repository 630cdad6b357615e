/** The moment that an event's timestamp names, by the rules of the server: without an offset it is UTC. No DOM. */

const pattern = /^(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?([Zz]|[+-]\d\d(?::?\d\d)?)?)?$/

/** @returns milliseconds since the epoch, without the fraction below; NaN when it is no such timestamp. */
export function timestampMs(text: string): number {
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', offset = 'Z'] =
    pattern.exec(text) ?? []
  if (year === undefined) return Number.NaN
  const date = new Date(0)
  // Not Date.UTC: it takes the years before 100 for those of the last century.
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day))
  const ms = Number(fraction.padEnd(3, '0').slice(0, 3))
  date.setUTCHours(Number(hour), Number(minute), Number(second), ms)
  return date.getTime() - offsetMinutes(offset) * 60_000
}

function offsetMinutes(offset: string): number {
  if (offset === 'Z' || offset === 'z') return 0
  const minutes = Number(offset.slice(1, 3)) * 60 + Number(offset.slice(3).replace(':', '') || 0)
  return offset.startsWith('-') ? -minutes : minutes
}
