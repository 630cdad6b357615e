/** Workers of a durable subscription: pull, think for a while, ack; now and then they forget what they pulled. */
import { setTimeout as pause } from 'node:timers/promises'
import { type Random, seededRandom } from '../../random.ts'
import type { OracleRecord, Recorder } from '../record.ts'
import { keyOf } from '../sent-event.ts'
import type { Connections } from './http-calls.ts'

/** Short, so that what a dead server had leased is seen again within the trial. */
export const leaseMs = 1000
/** The most there may be: nothing becomes a dead letter here. */
const maxAttempts = 1000
const maxPullEvents = 500
const pullWaitMs = 200
const maxThinkMs = 30
const forgottenShare = 0.1
const refusedPauseMs = 50

export interface WorkerOptions {
  readonly subscription: string
  readonly topics: readonly string[]
  readonly seed: number
  readonly recorder: Recorder
}

interface Delivery {
  readonly lease: string
  readonly attempt: number
  readonly event: { readonly seq: number; readonly topic: string; readonly event_id: string }
}

export class Worker {
  readonly #options: WorkerOptions
  readonly #random: Random

  constructor(options: WorkerOptions) {
    this.#options = options
    this.#random = seededRandom(options.seed)
  }

  /** Works until the signal or until the server is gone. */
  async work(url: string, connections: Connections, signal: AbortSignal): Promise<void> {
    const { subscription, topics } = this.#options
    const place = `${url}/subscriptions/${subscription}`
    const post = async (action: string, body: object) => {
      const answer = await connections.call({ url: `${place}/${action}`, method: 'POST', body: JSON.stringify(body) })
      if (answer.status === 200) return answer.body
      if (answer.status === 503) return undefined
      this.#record([
        { kind: 'wrong', text: `POST /subscriptions/${action} was answered ${answer.status}: ${answer.body}` },
      ])
      return undefined
    }
    try {
      const settings = { topics, start: 'earliest', lease_ms: leaseMs, max_attempts: maxAttempts }
      const create = () => connections.call({ url: place, method: 'PUT', body: JSON.stringify(settings) })
      // A disk that fails at this moment refuses that as well.
      while (!signal.aborted && (await create()).status === 503) await pause(refusedPauseMs)
      while (!signal.aborted) {
        const deliveries = parseDeliveries(await post('pull', { max: maxPullEvents, wait_ms: pullWaitMs }))
        this.#record(deliveries.map((delivery) => ({ kind: 'delivered', subscription, ...deliveredOf(delivery) })))
        await pause(this.#random.whole(0, maxThinkMs))
        const kept = deliveries.filter(() => this.#random.share() >= forgottenShare)
        if (kept.length === 0) continue
        this.#record(kept.map(({ event }) => ({ kind: 'acking', subscription, seq: event.seq })))
        const refused = parseRefused(await post('ack', { leases: kept.map(({ lease }) => lease) }))
        if (refused === undefined) continue
        const done = kept.filter(({ lease }) => !refused.has(lease))
        this.#record(done.map(({ event }) => ({ kind: 'done', subscription, seq: event.seq })))
      }
    } catch {
      // The server is gone; the next one is told to work again.
    }
  }

  #record(records: readonly OracleRecord[]): void {
    this.#options.recorder.write(records)
  }
}

function deliveredOf({ attempt, event }: Delivery) {
  return { seq: event.seq, attempt, key: keyOf(event.topic, event.event_id) }
}

function parseDeliveries(body: string | undefined): readonly Delivery[] {
  if (body === undefined) return []
  return (JSON.parse(body) as { deliveries: Delivery[] }).deliveries
}

function parseRefused(body: string | undefined): ReadonlySet<string> | undefined {
  if (body === undefined) return undefined
  return new Set((JSON.parse(body) as { refused: { lease: string }[] }).refused.map(({ lease }) => lease))
}
