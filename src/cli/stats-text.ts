/** The counters as people read them. */
import type { PerSecond } from '../client/counter-rates.ts'
import type { StatsAnswer } from '../http/wire-types.ts'
import { counted, formatBytes, formatCount, formatDuration, formatPerSecond } from './format.ts'
import { printable } from './output.ts'
import { addsUp } from './stats-reading.ts'

/** @param rates from the counters; undefined while there is one reading alone. @returns lines. */
export function statsText(stats: StatsAnswer, rates: PerSecond | undefined): string[] {
  const { received, unique_processed: unique, duplicate_dropped: duplicates, conflicts, queue, store } = stats
  const rows: (readonly [name: string, value: string, note: string])[] = [
    ['received', formatCount(received), sumText(stats)],
    ['unique', formatCount(unique), perSecondText(rates?.unique)],
    [
      'duplicates',
      formatCount(duplicates),
      [percentText(stats), perSecondText(rates?.duplicates)].filter(Boolean).join(', '),
    ],
    ['conflicts', formatCount(conflicts), conflicts === 0 ? '' : 'same id, other content: sekali dups --conflicts'],
    ['topics', formatCount(stats.topics.length), ''],
    ['subscriptions', formatCount(stats.subscriptions), `${counted(stats.tails, 'live tail')}`],
    [
      'queue',
      formatCount(queue.size),
      `of ${counted(queue.capacity, 'event')} wait for a commit, ${formatBytes(queue.bytes)}`,
    ],
  ]
  const width = Math.max(...rows.map(([, value]) => value.length))
  const { '1m': lastMinute, '5m': lastFive } = stats.throughput
  const durability = store.durability === undefined ? '' : `, ${printable(store.durability)}`
  return [
    ...rows.map(([name, value, note]) => `${name.padEnd(nameWidth)}${value.padStart(width)}  ${note}`.trimEnd()),
    `${'throughput'.padEnd(nameWidth)}${formatPerSecond(lastMinute)} over a minute, ${formatPerSecond(lastFive)} over five`,
    `${'store'.padEnd(nameWidth)}${printable(store.engine)}, ${formatBytes(store.bytes)}, last seq ${formatCount(store.last_seq)}${durability}`,
    `${'up'.padEnd(nameWidth)}${formatDuration(stats.uptime_seconds * 1000)}`,
  ]
}

const nameWidth = 15

function sumText(stats: StatsAnswer): string {
  if (addsUp(stats)) return '= unique + duplicates'
  const sum = stats.unique_processed + stats.duplicate_dropped
  return `is not unique + duplicates (${formatCount(sum)}): "sekali verify" looks for the damage`
}

function percentText({ received, duplicate_rate: percent }: StatsAnswer): string {
  return received === 0 ? '' : `${percent.toFixed(1)} % of received`
}

function perSecondText(rate: number | undefined): string {
  return rate === undefined ? '' : formatPerSecond(rate)
}
