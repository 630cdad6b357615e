/** The publishers: one request after the other on each connection, everything recorded before and after. */
import { setTimeout as pause } from 'node:timers/promises'
import { type Random, seededRandom } from '../../random.ts'
import type { Recorder } from '../record.ts'
import type { Connections } from './http-calls.ts'
import { KeyPlan } from './key-plan.ts'
import type { LoadCommand } from './load-protocol.ts'
import { type Outcome, type Sending, sendRecorded } from './send-recorded.ts'

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
  async publish({ url, strike }: Pick<LoadCommand, 'url' | 'strike'>, running: Running): Promise<void> {
    const { connections, signal } = running
    let acked = 0
    const runs = this.#randoms.map(async (random, publisher) => {
      while (!signal.aborted) {
        const keys = this.#plan.next(publisher, random)
        const outcome = await this.#send(publisher, { url, keys, connections })
        if (outcome === 'lost') return
        if (outcome === 'acked') acked += keys.length
        if (strike !== undefined && acked >= strike.afterAcks) stop(strike.serverPid)
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
        if ((await this.#send(publisher, { url, keys: batch, connections })) !== 'acked') areAllAcked = false
      }
    }
    await Promise.all(Array.from({ length: resendPublishers }, (_, publisher) => run(publisher)))
    return areAllAcked
  }

  async #send(publisher: number, sending: Omit<Sending, 'recorder'>): Promise<Outcome> {
    const outcome = await sendRecorded({ ...sending, recorder: this.#recorder })
    this.#plan.end(publisher, outcome === 'acked' ? 'acked' : 'open')
    return outcome
  }
}

export interface Running {
  readonly connections: Connections
  readonly signal: AbortSignal
}

function stop(pid: number): void {
  try {
    process.kill(pid, 'SIGSTOP')
  } catch {
    // It is gone already.
  }
}
