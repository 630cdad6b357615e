/** Workers of durable subscriptions in a simulation: they ack, nack, extend, forget, go away, and say the same again. */
import type { Delivery } from '../../src/core/subscription.ts'
import type { DeliveryCommand, DeliveryOutcome } from '../../src/core/subscription-store.ts'
import { topicMatcher } from '../../src/core/topic-pattern.ts'
import type { SubscriptionPlan } from './plan.ts'
import type { Outcome, World } from './world.ts'

const maxSettleAttempts = 4

export class SimSubscription {
  readonly #world: World
  readonly #plan: SubscriptionPlan
  isCreated = false
  /** Up to this seq nothing is left to deliver. */
  #doneThrough = -1
  #acks = 0

  constructor(world: World, plan: SubscriptionPlan) {
    this.#world = world
    this.#plan = plan
  }

  get isDone(): boolean {
    return this.#doneThrough >= this.#world.disk.rows.length
  }

  async run(): Promise<void> {
    const { name, settings, start, workers } = this.#plan
    const { scheduler } = this.#world
    while (!this.isCreated) {
      const outcome = await this.#world.call('create', (process) => process.subscriptions.create(name, settings, start))
      this.isCreated = outcome.kind === 'answered'
      if (!this.isCreated) await scheduler.sleep(scheduler.random.whole(1, 200))
    }
    await Promise.all([this.#watch(), ...Array.from({ length: workers }, () => this.#work())])
  }

  /** At the end. */
  async check(): Promise<void> {
    const { name, settings, start } = this.#plan
    const { disk, oracle } = this.#world
    const matches = topicMatcher(settings.topics)
    const wanted = disk.rows.filter(({ seq, topic }) => seq > start.seq && matches(topic)).map(({ seq }) => seq)
    const page = await disk.writeChange((store) => store.readDeadLetters({ name, limit: 1000, afterSeq: 0 }))
    const deadLetters = new Set(page?.deadLetters.map(({ event }) => event.seq))
    oracle.checkSubscription(name, wanted, deadLetters, this.#acks)
  }

  /** Looks at the subscription as an operator does. */
  async #watch(): Promise<void> {
    const { scheduler, oracle } = this.#world
    const { name } = this.#plan
    while (!this.#world.isOver) {
      await scheduler.sleep(scheduler.random.whole(50, 500))
      const outcome = await this.#world.call('find', (process) => process.subscriptions.find(name))
      if (outcome.kind !== 'answered') continue
      if (outcome.value === undefined) {
        oracle.violation(`${name} is gone`)
        return
      }
      oracle.onPosition(name, outcome.value.position)
      this.#acks = outcome.value.acked
      this.#doneThrough = outcome.value.lag === 0 ? outcome.value.cursor : -1
    }
  }

  async #work(): Promise<void> {
    const { scheduler, oracle } = this.#world
    const { random } = scheduler
    const { name } = this.#plan
    while (!this.#world.isOver) {
      const leaving = new AbortController()
      const pull = {
        name,
        maxEvents: random.whole(1, 12),
        waitMs: random.of([0, 100, 2000, Number.POSITIVE_INFINITY]),
        signal: leaving.signal,
      }
      const { life } = scheduler
      if (!this.#world.isHealed && random.share() < 0.1) {
        scheduler.after('worker goes', random.whole(1, 500), () => leaving.abort(), life)
      }
      const outcome = await this.#world.call('pull', (process) => process.deliveries.pull(pull))
      if (outcome.kind === 'answered' && outcome.value === undefined) oracle.violation(`${name} is gone for a worker`)
      const deliveries = (outcome.kind === 'answered' && outcome.value) || []
      for (const delivery of deliveries) oracle.onDelivered(name, delivery)
      if (deliveries.length > 0 && !leaving.signal.aborted) await this.#handle(deliveries)
      else await scheduler.sleep(random.whole(1, 100))
    }
  }

  async #handle(deliveries: readonly Delivery[]): Promise<void> {
    const { scheduler } = this.#world
    const { random } = scheduler
    const isGood = this.#world.isHealed
    if (!isGood && random.share() < 0.3) await scheduler.sleep(random.whole(1, 800))
    const commands: DeliveryCommand[] = []
    const seqs: number[] = []
    for (const { leaseToken, event } of deliveries) {
      const draw = isGood ? 0 : random.share()
      if (draw > 0.95) continue
      const lease = { name: this.#plan.name, leaseToken }
      if (draw < 0.75) commands.push({ kind: 'ack', ...lease })
      else if (draw < 0.85) commands.push({ kind: 'extend', ...lease })
      else commands.push({ kind: 'nack', ...lease, delayMs: random.of([0, 50, 1000]), reason: 'no' })
      seqs.push(event.seq)
    }
    if (commands.length === 0) return
    await this.#settle(commands, seqs)
    // A worker that is not sure whether it has said so.
    if (random.share() < 0.1) await this.#settle(commands, seqs)
  }

  async #settle(commands: readonly DeliveryCommand[], seqs: readonly number[]): Promise<void> {
    const { scheduler } = this.#world
    for (let attempt = 0; attempt < maxSettleAttempts; attempt++) {
      const outcome: Outcome<readonly DeliveryOutcome[]> = await this.#world.call('settle', (process) =>
        process.deliveries.settle(commands),
      )
      if (outcome.kind === 'answered') {
        for (const [at, command] of commands.entries()) this.#onOutcome(command, seqs[at] ?? 0, outcome.value[at])
        return
      }
      await scheduler.sleep(scheduler.random.whole(1, 100))
    }
  }

  #onOutcome({ kind, leaseToken }: DeliveryCommand, seq: number, outcome: DeliveryOutcome | undefined): void {
    const { oracle } = this.#world
    const { name } = this.#plan
    if (outcome === undefined || outcome === 'unknown') {
      oracle.violation(`${name}: the ${kind} of a lease of seq ${seq} was answered with ${outcome}`)
    }
    if (kind !== 'ack') return
    if (outcome === 'done') oracle.onAcked(name, seq, leaseToken)
    else if (oracle.isAckedBy(name, leaseToken))
      oracle.violation(`${name}: the ack of seq ${seq}, said again, is ${outcome}`)
  }
}
