/**
 * An hour of believable traffic: services that retry now and then, one that sends everything again, and one whose ids
 * were given to two different events. The same numbers each time.
 */

import type { EventStore } from '../../src/core/event-store.ts'
import { newEvent } from './events.ts'

const stepMs = 10_000

export interface DemoEvent {
  readonly topic: string
  readonly event_id: string
  readonly timestamp: string
  readonly source: string
  readonly payload: Readonly<Record<string, unknown>>
}

/** What one service sends. */
interface Service {
  readonly source: string
  readonly topic: string
  /** Events in ten seconds, at noon and at night. */
  readonly rate: readonly [low: number, high: number]
  /** How many of its events it sends again, of one. */
  readonly repeated: number
  /** How long until it does. */
  readonly lateMs: number
  payload(random: Random): Readonly<Record<string, unknown>>
}

interface Random {
  /** 0 to below 1. */
  share(): number
  whole(from: number, to: number): number
  of<T>(values: readonly [T, ...T[]]): T
}

const services: readonly Service[] = [
  {
    source: 'checkout-eu-1',
    topic: 'orders.created',
    rate: [9, 16],
    repeated: 0.03,
    lateMs: 900,
    payload: (random) => ({
      order: random.whole(410_000, 499_999),
      currency: random.of(['EUR', 'EUR', 'GBP']),
      total_cents: random.whole(990, 48_000),
      items: random.whole(1, 6),
    }),
  },
  {
    source: 'payments-gateway',
    topic: 'payments.settled',
    rate: [6, 11],
    repeated: 0.05,
    lateMs: 2400,
    payload: (random) => ({
      payment: `pay_${random.whole(1_000_000, 9_999_999)}`,
      amount_cents: random.whole(990, 48_000),
      method: random.of(['card', 'card', 'sepa', 'wallet']),
      settled: true,
    }),
  },
  {
    source: 'identity',
    topic: 'users.login',
    rate: [7, 18],
    repeated: 0.01,
    lateMs: 400,
    payload: (random) => ({
      user: random.whole(10_000, 99_999),
      method: random.of(['password', 'passkey', 'sso']),
      ok: random.share() > 0.06,
    }),
  },
  {
    source: 'warehouse-3',
    topic: 'stock.moved',
    rate: [3, 7],
    repeated: 0.02,
    lateMs: 5000,
    payload: (random) => ({
      sku: `SKU-${random.whole(1000, 9999)}`,
      quantity: random.whole(1, 40),
      from: random.of(['A', 'B', 'C']),
      to: 'dispatch',
    }),
  },
  {
    // Forgets what was acknowledged whenever it restarts.
    source: 'invoice-worker',
    topic: 'invoices.sent',
    rate: [3, 6],
    repeated: 0.85,
    lateMs: 95_000,
    payload: (random) => ({
      invoice: `2026-${random.whole(10_000, 99_999)}`,
      total_cents: random.whole(990, 48_000),
      language: random.of(['de', 'en', 'fr']),
    }),
  },
]

/** Of the invoices that are sent again, so many have been changed in between. */
const changedShare = 0.008

interface Due {
  readonly atMs: number
  readonly event: DemoEvent
}

/** Events and their repetitions by the time of their arrival, step by step. */
export function* demoSteps(
  fromMs: number,
  toMs: number,
): Generator<{ readonly atMs: number; readonly events: DemoEvent[] }> {
  const random = seededRandom(20_260_131)
  let waiting: Due[] = []
  for (let atMs = fromMs; atMs < toMs; atMs += stepMs) {
    const events: DemoEvent[] = []
    for (const service of services) {
      for (let left = arrivals(service, atMs - fromMs, random); left > 0; left--) {
        const event = newDemoEvent(service, atMs + random.whole(0, stepMs - 1), random)
        events.push(event)
        waiting.push(...repetitions(service, event, atMs, random))
      }
    }
    events.push(...waiting.filter((due) => due.atMs <= atMs).map(({ event }) => event))
    waiting = waiting.filter((due) => due.atMs > atMs)
    yield { atMs, events }
  }
}

/** Writes the hour before `untilMs`. @returns how many events arrived, repetitions included. */
export async function writeDemoHistory(store: EventStore, untilMs: number, spanMs = 3_600_000): Promise<number> {
  let written = 0
  for (const { atMs, events } of demoSteps(untilMs - spanMs, untilMs)) {
    const received = events.map(({ event_id, payload, ...rest }) =>
      newEvent({ ...rest, eventId: event_id, payload: JSON.stringify(payload) }),
    )
    await store.append(received, atMs + stepMs - 1)
    written += received.length
  }
  return written
}

function arrivals({ rate: [low, high] }: Service, elapsedMs: number, random: Random): number {
  const wave = 0.5 - 0.5 * Math.cos((2 * Math.PI * elapsedMs) / 2_700_000)
  return Math.max(0, Math.round(low + (high - low) * wave + (random.share() - 0.5) * low * 0.5))
}

function newDemoEvent(service: Service, ms: number, random: Random): DemoEvent {
  const { topic, source } = service
  const id = `${topic.split('.')[0]}-${random.whole(0x10000000, 0xffffffff).toString(16)}${random.whole(0x1000, 0xffff).toString(16)}`
  return { topic, event_id: id, timestamp: new Date(ms).toISOString(), source, payload: service.payload(random) }
}

function repetitions({ repeated, lateMs }: Service, event: DemoEvent, atMs: number, random: Random): Due[] {
  if (random.share() >= repeated) return []
  const times = repeated > 0.5 ? random.whole(1, 4) : 1
  return Array.from({ length: times }, (_, index) => ({
    atMs: atMs + lateMs * (index + 0.4 + random.share()),
    event: repeated > 0.5 && random.share() < changedShare ? changed(event) : event,
  }))
}

/** An invoice that was corrected, and sent under the id it had. */
function changed(event: DemoEvent): DemoEvent {
  const total = Number(event.payload.total_cents)
  return { ...event, payload: { ...event.payload, total_cents: total + 500, corrected: true } }
}

/** Mulberry32. */
function seededRandom(seed: number): Random {
  let state = seed
  const share = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  const whole = (from: number, to: number) => from + Math.floor(share() * (to - from + 1))
  return { share, whole, of: (values) => values[whole(0, values.length - 1)] ?? values[0] }
}
