/** What was promised in a run, and whether it held: compares what clients were told with each other and with what is stored. */
import type { NewEvent } from '../../src/core/event.ts'
import type { AppendResult } from '../../src/core/event-store.ts'
import type { Delivery } from '../../src/core/subscription.ts'
import type { SimDisk } from './disk.ts'

interface Acknowledged {
  readonly seq: number
  /** Of the first event that was stored under the key, where an answer tells. */
  readonly payload: string | undefined
}

interface SubscriptionRecord {
  /** By seq: acks whose answer has arrived. */
  readonly acked: Set<number>
  /** Of the leases that workers got, and of those with which they acked. */
  readonly tokens: Set<string>
  readonly ackTokens: Set<string>
  position: number
}

/** A run that goes on after so many shows nothing new. */
const maxViolations = 5

export class Oracle {
  readonly violations: string[] = []
  /** Events that were acknowledged, each time. */
  acknowledged = 0
  readonly #disk: SimDisk
  /** By key and payload: how often it was sent and may have been taken. */
  readonly #sent = new Map<string, number>()
  readonly #acked = new Map<string, Acknowledged>()
  /** What some client was told is stored under a seq. */
  readonly #seen = new Map<number, string>()
  readonly #subscriptions = new Map<string, SubscriptionRecord>()
  #sentEvents = 0

  constructor(disk: SimDisk) {
    this.#disk = disk
  }

  violation(text: string): void {
    if (this.violations.length < maxViolations) this.violations.push(text)
  }

  /** Before it goes out, each time. */
  onSend(events: readonly NewEvent[]): void {
    this.#count(events, 1)
  }

  /** The program says that nothing of it was taken. */
  onNotTaken(events: readonly NewEvent[]): void {
    this.#count(events, -1)
  }

  #count(events: readonly NewEvent[], by: number): void {
    this.#sentEvents += by * events.length
    for (const event of events) {
      const sent = sentKey(event)
      this.#sent.set(sent, (this.#sent.get(sent) ?? 0) + by)
    }
  }

  onPublished(events: readonly NewEvent[], results: readonly AppendResult[]): void {
    this.acknowledged += events.length
    if (results.length !== events.length) this.violation(`${events.length} events got ${results.length} results`)
    for (const [at, event] of events.entries()) {
      const result = results[at]
      if (result !== undefined) this.#onResult(event, result)
    }
  }

  #onResult(event: NewEvent, { status, seq }: AppendResult): void {
    const key = keyOf(event)
    const before = this.#acked.get(key)
    const name = `${key}, acknowledged as ${status} under seq ${seq}`
    if (seq > this.#disk.durableSeq) this.violation(`${name}, is not durable: that ends at ${this.#disk.durableSeq}`)
    if (before !== undefined && before.seq !== seq)
      this.violation(`${name}, was acknowledged under ${before.seq} before`)
    if (before === undefined || status !== 'conflict') {
      this.#acked.set(key, { seq, payload: status === 'conflict' ? undefined : event.payload })
    }
    this.#see(seq, key)
  }

  /** What a reader of the live tail was given. */
  onTailed(seq: number, key: string, payload: string): void {
    this.#see(seq, key)
    const row = this.#disk.rows[seq - 1]
    if (row?.payload !== payload) this.violation(`the tail gave ${payload} under seq ${seq}, stored is ${row?.payload}`)
  }

  #see(seq: number, key: string): void {
    const before = this.#seen.get(seq)
    if (before === undefined) this.#seen.set(seq, key)
    else if (before !== key) this.violation(`seq ${seq} was ${before} and is now ${key}`)
  }

  /** The store has leased them, whether or not anybody hears of it. */
  onClaimed(name: string, deliveries: readonly Delivery[]): void {
    const { acked } = this.#subscription(name)
    for (const { event, attempt } of deliveries) {
      if (acked.has(event.seq)) this.violation(`${name}: seq ${event.seq} is acked and is delivered again, ${attempt}`)
    }
  }

  onDelivered(name: string, { event, leaseToken }: Delivery): void {
    const { tokens } = this.#subscription(name)
    if (tokens.has(leaseToken)) this.violation(`${name}: one lease of seq ${event.seq} was given to two workers`)
    tokens.add(leaseToken)
    this.#see(event.seq, keyOf(event))
  }

  onAcked(name: string, seq: number, leaseToken: string): void {
    const { acked, ackTokens } = this.#subscription(name)
    acked.add(seq)
    ackTokens.add(leaseToken)
  }

  /** Whether an ack with this token was answered with `done`. */
  isAckedBy(name: string, leaseToken: string): boolean {
    return this.#subscription(name).ackTokens.has(leaseToken)
  }

  onPosition(name: string, position: number): void {
    const subscription = this.#subscription(name)
    if (position < subscription.position) {
      this.violation(`${name}: the position went back from ${subscription.position} to ${position}`)
    }
    subscription.position = position
  }

  /** At the end: every event that the subscription asked for is acked or a dead letter, and none is both. */
  checkSubscription(name: string, wanted: readonly number[], deadLetters: ReadonlySet<number>, acks: number): void {
    const { acked } = this.#subscription(name)
    for (const seq of acked) if (deadLetters.has(seq)) this.violation(`${name}: seq ${seq} is acked and a dead letter`)
    const missing = wanted.filter((seq) => !acked.has(seq) && !deadLetters.has(seq))
    // Acks whose answer was lost are counted, but not known here.
    if (acks !== acked.size + missing.length || acks + deadLetters.size !== wanted.length) {
      this.violation(
        `${name}: ${wanted.length} events were asked for, ${acks} count as acked, ${acked.size} acks were answered, ` +
          `${deadLetters.size} are dead letters`,
      )
    }
  }

  /** At the end: I1 to I6 of what is stored. */
  checkLog(): void {
    const seqs = new Map<string, number>()
    for (const row of this.#disk.rows) {
      const key = keyOf(row)
      if (seqs.has(key)) this.violation(`${key} is stored under ${seqs.get(key)} and under ${row.seq}`)
      seqs.set(key, row.seq)
      if (!this.#sent.get(sentKey(row))) this.violation(`${key} with ${row.payload} was never sent, or never taken`)
    }
    for (const [key, { seq, payload }] of this.#acked) {
      const row = this.#disk.rows[seq - 1]
      if (row === undefined || keyOf(row) !== key) this.violation(`${key} was acknowledged under ${seq} and is lost`)
      else if (payload !== undefined && payload !== row.payload) this.violation(`${key} has another payload`)
    }
    for (const [seq, key] of this.#seen) {
      const row = this.#disk.rows[seq - 1]
      if (row === undefined || keyOf(row) !== key) this.violation(`${key} was seen under seq ${seq} and is not there`)
    }
    const { received } = this.#disk
    if (received < this.acknowledged || received > this.#sentEvents) {
      this.violation(`${received} received, ${this.acknowledged} acknowledged, ${this.#sentEvents} sent`)
    }
  }

  #subscription(name: string): SubscriptionRecord {
    let found = this.#subscriptions.get(name)
    if (found === undefined) {
      found = { acked: new Set(), tokens: new Set(), ackTokens: new Set(), position: 0 }
      this.#subscriptions.set(name, found)
    }
    return found
  }
}

export function keyOf({ topic, eventId }: Pick<NewEvent, 'topic' | 'eventId'>): string {
  return `${topic} ${eventId}`
}

function sentKey(event: Pick<NewEvent, 'topic' | 'eventId' | 'payload'>): string {
  return `${keyOf(event)} ${event.payload}`
}
