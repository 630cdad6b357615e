/**
 * Deliveries of durable subscriptions: leasing events to those who ask, and taking their answers. The store decides what is
 * due and who holds what; here is decided when to ask it.
 */
import type { Clock } from '../core/clock.ts'
import type { AppError } from '../core/errors.ts'
import type { Delivery } from '../core/subscription.ts'
import type { DeliveryCommand, DeliveryOutcome, SubscriptionStore } from '../core/subscription-store.ts'
import { type Pull, PullLines } from './pull-lines.ts'
import { Settler } from './settler.ts'

/** Told of what happens, for counting; must not throw. */
export interface DeliveryObserver {
  onClaimed(deliveries: readonly Delivery[]): void
  /** One outcome per command. */
  onSettled(commands: readonly DeliveryCommand[], outcomes: readonly DeliveryOutcome[]): void
}

export interface DeliveriesOptions {
  readonly store: SubscriptionStore
  readonly clock: Clock
  readonly observer: DeliveryObserver
  /** Told of every claim and every group of answers that failed. `store_failed` means that the process must end. */
  readonly onFailure: (error: AppError) => void
  readonly capacityPulls?: number
  readonly capacityCommands?: number
}

/** A quarter of the connections that the server takes. */
const defaultCapacityPulls = 5000
const defaultCapacityCommands = 100_000

export class Deliveries implements AsyncDisposable {
  readonly #lines: PullLines
  readonly #settler: Settler

  constructor(options: DeliveriesOptions) {
    const { store, clock, observer, onFailure } = options
    this.#lines = new PullLines({
      store,
      clock,
      capacityPulls: options.capacityPulls ?? defaultCapacityPulls,
      onClaimed: (deliveries) => observer.onClaimed(deliveries),
      onFailure,
    })
    this.#settler = new Settler({
      store,
      capacityCommands: options.capacityCommands ?? defaultCapacityCommands,
      onSettled: (commands, outcomes) => {
        observer.onSettled(commands, outcomes)
        // A nack makes an event deliverable, and an ack makes room where all that may be open is open.
        for (const name of new Set(commands.map((command) => command.name))) this.#lines.wake(name)
      },
      onFailure,
    })
  }

  /** Pulls that are waiting. */
  get waitingPulls(): number {
    return this.#lines.waiting
  }

  /** As `PullLines.pull`. */
  pull(pull: Pull): Promise<readonly Delivery[] | undefined> {
    return this.#lines.pull(pull)
  }

  /** As `Settler.settle`. */
  settle(commands: readonly DeliveryCommand[]): Promise<readonly DeliveryOutcome[]> {
    return this.#settler.settle(commands)
  }

  /** Events were committed; costs nothing while nobody waits. */
  notifyCommit(): void {
    this.#lines.wakeAll()
  }

  /** The subscription was changed: something may be deliverable, or it is gone. */
  notifyChange(name: string): void {
    this.#lines.wake(name)
  }

  /** Answers all pulls that wait, empty, and refuses what comes later; acks are taken until it is disposed. */
  startDraining(): void {
    this.#lines.startDraining()
  }

  /** Drains, and resolves when all acks that were taken are answered. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.startDraining()
    await this.#settler[Symbol.asyncDispose]()
  }
}
