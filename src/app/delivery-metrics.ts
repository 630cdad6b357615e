/** The Prometheus metrics of subscriptions. Their names are labels: there are at most a thousand of them. */
import { Counter, Gauge, type Registry } from '@prometheus-io/client'
import type { SubscriptionState } from '../core/subscription.ts'
import type { DeliveryCommand, DeliveryOutcome, SubscriptionStore } from '../core/subscription-store.ts'
import type { DeliveryObserver } from '../pipeline/delivery.ts'
import type { PushReport } from '../pipeline/push/push-loop.ts'

export interface DeliveryMetrics extends DeliveryObserver {
  onPush(report: PushReport): void
}

const resultByKind: Readonly<Record<DeliveryCommand['kind'], string>> = {
  ack: 'acked',
  nack: 'nacked',
  extend: 'extended',
}

export function buildDeliveryMetrics(store: Pick<SubscriptionStore, 'list'>, registers: Registry[]): DeliveryMetrics {
  const delivered = new Counter({
    name: 'sekali_deliveries_total',
    help: 'Events leased, redeliveries included.',
    registers,
  })
  const redelivered = new Counter({
    name: 'sekali_redeliveries_total',
    help: 'Events leased again after an attempt without an ack.',
    registers,
  })
  const settled = new Counter({
    name: 'sekali_deliveries_settled_total',
    help: 'Leases acked, nacked, extended, or refused because they had run out or were unknown.',
    labelNames: ['result'],
    registers,
  })
  const pushes = new Counter({
    name: 'sekali_pushes_total',
    help: 'Requests that pushed a batch, by result.',
    labelNames: ['result'],
    registers,
  })
  addStateGauges(store, registers)
  return {
    onClaimed(deliveries) {
      delivered.inc(deliveries.length)
      redelivered.inc(deliveries.filter(({ attempt }) => attempt > 1).length)
    },
    onSettled(commands, outcomes) {
      for (const [result, count] of countResults(commands, outcomes)) settled.inc({ result }, count)
    },
    onPush: ({ result }) => pushes.inc({ result }),
  }
}

function addStateGauges(store: Pick<SubscriptionStore, 'list'>, registers: Registry[]): void {
  let listing: Promise<readonly SubscriptionState[] | undefined> | undefined
  // The gauges of one scrape share one look.
  const listOnce = () => {
    listing ??= store
      .list()
      .catch(() => undefined)
      .finally(() => {
        listing = undefined
      })
    return listing
  }
  new Gauge({
    name: 'sekali_subscriptions',
    help: 'Durable subscriptions.',
    registers,
    async collect() {
      const states = await listOnce()
      if (states !== undefined) this.set(states.length)
    },
  })
  const perSubscription = (name: string, help: string, value: (state: SubscriptionState) => number) =>
    new Gauge({
      name,
      help,
      labelNames: ['subscription'],
      registers,
      async collect() {
        const states = await listOnce()
        this.reset()
        for (const state of states ?? []) this.set({ subscription: state.name }, value(state))
      },
    })
  perSubscription('sekali_subscription_lag_events', 'Still to be delivered or acked.', (state) => state.lag)
  perSubscription('sekali_subscription_in_flight_events', 'Leased now.', (state) => state.inFlight)
  perSubscription('sekali_subscription_dead_letters', 'Dead letters on record.', (state) => state.deadLetters)
  perSubscription('sekali_subscription_paused', '1 while push waits for somebody to look.', (state) =>
    state.pausedReason === undefined ? 0 : 1,
  )
}

function countResults(
  commands: readonly DeliveryCommand[],
  outcomes: readonly DeliveryOutcome[],
): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const [index, { kind }] of commands.entries()) {
    const result = outcomes[index] === 'done' ? resultByKind[kind] : 'refused'
    counts.set(result, (counts.get(result) ?? 0) + 1)
  }
  return counts
}
