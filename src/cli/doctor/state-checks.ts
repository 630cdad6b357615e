/** What the server holds: its store, what waits, and what needs somebody's eye. */
import type { StatsAnswer, SubscriptionAnswer, SystemAnswer } from '../../http/wire-types.ts'
import { counted, formatBytes, formatCount, formatDuration } from '../format.ts'
import { printable } from '../output.ts'
import { addsUp } from '../stats-reading.ts'
import { type Check, ok, problem, warning } from './check.ts'

/** @param stats undefined when the store cannot be read now. */
export function checkStore(store: SystemAnswer['store'], stats: StatsAnswer | undefined): Check {
  const name = 'store'
  if (store.engine === 'memory') {
    const advice = 'start the server with --store sqlite:PATH to keep what it stores'
    return warning(name, { detail: 'in memory: what it stores ends with it', advice })
  }
  const size = store.bytes === null ? '' : `, ${formatBytes(store.bytes)}`
  const place = `${store.engine} ${store.location ?? ''}${size}`
  const durability =
    stats?.store.durability ?? (store.engine === 'sqlite' ? 'commits are synced to the disk' : undefined)
  return ok(name, printable(durability === undefined ? place : `${place}; ${durability}`))
}

const fullShare = 0.8

export function checkQueue({ queue: { size, capacity } }: StatsAnswer): Check {
  const detail = `${formatCount(size)} of ${counted(capacity, 'event')} wait for a commit`
  if (size < fullShare * capacity) return ok('queue fill', detail)
  const advice = 'more is published than the store takes: look at its disk; publishers wait, then get 503 and try again'
  return warning('queue fill', { detail, advice })
}

export function checkCounters(stats: StatsAnswer): Check {
  const { received, unique_processed: unique, duplicate_dropped: duplicates } = stats
  const sum = `${formatCount(unique)} unique + ${formatCount(duplicates)} duplicates`
  if (addsUp(stats)) return ok('counters', `${formatCount(received)} received = ${sum}`)
  const advice = '"sekali verify --store URL" looks for the damage'
  return problem('counters', { detail: `${formatCount(received)} received, but ${sum}`, advice })
}

export function checkConflicts({ conflicts }: StatsAnswer): Check {
  if (conflicts === 0) return ok('conflicts', 'none')
  const detail = `${counted(conflicts, 'duplicate')} came with other content than what is stored`
  const advice =
    '"sekali dups --conflicts" shows what differs: a publisher uses an event_id twice, or makes the timestamp anew'
  return warning('conflicts', { detail, advice })
}

/** Without an ack for longer, somebody should look. */
const longUnackedSeconds = 3600

export function* subscriptionChecks(subscriptions: readonly SubscriptionAnswer[]): Generator<Check> {
  const behind = subscriptions.filter((each) => (each.oldest_unacked_seconds ?? 0) > longUnackedSeconds)
  const dead = subscriptions.filter((each) => each.dead_letters > 0)
  const paused = subscriptions.filter((each) => each.push?.paused_reason != null)
  if (behind.length > 0) {
    yield warning('lag', {
      detail: named(
        behind,
        ({ lag, oldest_unacked_seconds: seconds }) =>
          `${counted(lag, 'event')} behind, the oldest for ${formatDuration((seconds ?? 0) * 1000)}`,
      ),
      advice: 'are its workers running? "sekali sub ls" shows all; "sekali sub rm NAME" removes one that nobody needs',
    })
  }
  if (dead.length > 0) {
    yield warning('dead letters', {
      detail: named(dead, ({ dead_letters: count }) => formatCount(count)),
      advice: '"sekali sub dead NAME" lists them and why; with --redrive they are delivered again',
    })
  }
  if (paused.length > 0) {
    yield warning('push', {
      detail: named(paused, ({ push }) => `paused: ${push?.paused_reason}`),
      advice: 'mend the receiver, then POST to /subscriptions/NAME/resume',
    })
  }
  if (behind.length + dead.length + paused.length === 0) yield ok('subscriptions', `${subscriptions.length}, all well`)
}

const maxNamed = 5

function named(subscriptions: readonly SubscriptionAnswer[], what: (each: SubscriptionAnswer) => string): string {
  const texts = subscriptions.slice(0, maxNamed).map((each) => `${each.name} (${what(each)})`)
  const more = subscriptions.length - texts.length
  return printable(more > 0 ? `${texts.join(', ')} and ${more} more` : texts.join(', '))
}
