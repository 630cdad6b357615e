/** The publishers: one request after the other on each connection, everything recorded before and after. */
import { setTimeout as pause } from 'node:timers/promises'
import { type Random, seededRandom } from '../../random.ts'
import type { OracleRecord, Recorder } from '../record.ts'
import { digestOf, eventJson, eventOf } from '../sent-event.ts'
import type { Connections } from './http-calls.ts'
import { KeyPlan } from './key-plan.ts'

const resendBatchEvents = 500
const resendPublishers = 4
/** After an answer that says to try again later. */
const refusedPauseMs = 50
const maxSettleRounds = 100

export interface PublishersOptions {
  readonly seed: number
  readonly publishers: number
  readonly recorder: Recorder
}

type Outcome = 'acked' | 'refused' | 'lost'

export class Publishers {
  readonly #plan: KeyPlan
  readonly #recorder: Recorder
  readonly #randoms: readonly Random[]

  constructor({ seed, publishers, recorder }: PublishersOptions) {
    this.#plan = new KeyPlan(seed.toString(36))
    this.#recorder = recorder
    this.#randoms = Array.from({ length: publishers }, (_, index) => seededRandom(seed + 7919 * (index + 1)))
  }

  /** Publishes until the signal; a publisher whose connection is lost sends nothing more. */
  async publish(url: string, connections: Connections, signal: AbortSignal): Promise<void> {
    const runs = this.#randoms.map(async (random, publisher) => {
      while (!signal.aborted) {
        const keys = this.#plan.next(publisher, random)
        const outcome = await this.#send({ url, publisher, keys, connections })
        if (outcome === 'lost') return
        if (outcome === 'refused') await pause(refusedPauseMs)
      }
    })
    await Promise.all(runs)
  }

  /** Sends again what has no ack, until all have one. */
  async settle(url: string, connections: Connections): Promise<void> {
    for (let round = 0; this.#plan.open.size > 0; round++) {
      if (round === maxSettleRounds) throw new Error(`${this.#plan.open.size} events cannot be published`)
      if (!(await this.#sendAll([...this.#plan.open], url, connections))) await pause(refusedPauseMs)
    }
  }

  /** Sends all that was ever sent, once more. */
  async resend(url: string, connections: Connections): Promise<void> {
    if (!(await this.#sendAll([...this.#plan.sent], url, connections))) throw new Error('a resent event was not acked')
  }

  async #sendAll(keys: readonly string[], url: string, connections: Connections): Promise<boolean> {
    let at = 0
    let areAllAcked = true
    const run = async (publisher: number) => {
      while (at < keys.length) {
        const batch = keys.slice(at, at + resendBatchEvents)
        at += batch.length
        this.#plan.begin(publisher, batch)
        if ((await this.#send({ url, publisher, keys: batch, connections })) !== 'acked') areAllAcked = false
      }
    }
    await Promise.all(Array.from({ length: resendPublishers }, (_, publisher) => run(publisher)))
    return areAllAcked
  }

  async #send({ url, publisher, keys, connections }: Sending): Promise<Outcome> {
    const events = keys.map(eventOf)
    this.#recorder.write(keys.map((key, index) => sentRecord(key, events[index])))
    const [first = '', ...others] = events.map(eventJson)
    const body = others.length === 0 ? first : `{"events":[${[first, ...others].join(',')}]}`
    let records: readonly OracleRecord[]
    let outcome: Outcome
    try {
      const answer = await connections.call({ url: `${url}/publish?results=all`, method: 'POST', body })
      outcome = answer.status === 202 ? 'acked' : 'refused'
      records = answer.status === 202 ? parseAcks(keys, answer.body) : refusals(keys, answer.status, answer.body)
    } catch {
      outcome = 'lost'
      records = keys.map((key) => ({ kind: 'unknown', key }))
    }
    this.#recorder.write(records)
    this.#plan.end(publisher, outcome === 'acked' ? 'acked' : 'open')
    return outcome
  }
}

interface Sending {
  readonly url: string
  readonly publisher: number
  readonly keys: readonly string[]
  readonly connections: Connections
}

function sentRecord(key: string, event = eventOf(key)): OracleRecord {
  return { kind: 'sent', key, digest: digestOf(event) }
}

function refusals(keys: readonly string[], status: number, body: string): OracleRecord[] {
  const records: OracleRecord[] = keys.map((key) => ({ kind: 'refused', key, status }))
  if (status !== 503) records.push({ kind: 'wrong', text: `POST /publish was answered ${status}: ${body}` })
  return records
}

function parseAcks(keys: readonly string[], body: string): OracleRecord[] {
  const { results } = JSON.parse(body) as { results: { status: 'stored' | 'duplicate' | 'conflict'; seq: number }[] }
  if (results.length !== keys.length) {
    return [{ kind: 'wrong', text: `${keys.length} events were answered with ${results.length} results` }]
  }
  return results.map(({ status, seq }, index) => ({ kind: 'acked', key: keys[index] ?? '', status, seq }))
}
