/** Subscriptions as programs see them: what changes one also wakes those who wait for it, and starts or ends its pushes. */
import { type AppError, toAppError } from '../core/errors.ts'
import type { StartPoint, SubscriptionSettings, SubscriptionState } from '../core/subscription.ts'
import type { CreateOutcome, DeadLetterPage, DeadLetterQuery, SubscriptionStore } from '../core/subscription-store.ts'
import type { Deliveries } from './delivery.ts'
import { pushUrlFault } from './push/push-target.ts'
import type { Pushes } from './push/pushes.ts'

export interface SubscriptionsOptions {
  readonly store: SubscriptionStore
  readonly deliveries: Deliveries
  readonly pushes: Pushes
  /** Whether pushes may go to addresses that are not public. */
  readonly isPrivatePushAllowed: boolean
  /** Told of every call that failed. `store_failed` means that the process must end. */
  readonly onFailure: (error: AppError) => void
}

/** Where a subscription is named, the result is undefined when there is none. Every method throws AppError as the store. */
export class Subscriptions {
  readonly #options: SubscriptionsOptions

  constructor(options: SubscriptionsOptions) {
    this.#options = options
  }

  /** What is wrong with a URL to push to, in words that follow its name; undefined when nothing is. */
  pushUrlFault(url: string): string | undefined {
    return pushUrlFault(url, this.#options.isPrivatePushAllowed)
  }

  async create(name: string, settings: SubscriptionSettings, start: StartPoint): Promise<CreateOutcome> {
    const outcome = await this.#call((store) => store.create(name, settings, start))
    if (outcome === 'created') this.#startPush(name, settings)
    return outcome
  }

  async remove(name: string): Promise<true | undefined> {
    const outcome = await this.#call((store) => store.remove(name))
    this.#options.deliveries.notifyChange(name)
    if (outcome !== undefined) await this.#options.pushes.stop(name)
    return outcome
  }

  find(name: string): Promise<SubscriptionState | undefined> {
    return this.#call((store) => store.find(name))
  }

  list(): Promise<readonly SubscriptionState[]> {
    return this.#call((store) => store.list())
  }

  async seek(name: string, start: StartPoint): Promise<true | undefined> {
    const outcome = await this.#call((store) => store.seek(name, start))
    this.#options.deliveries.notifyChange(name)
    return outcome
  }

  readDeadLetters(query: DeadLetterQuery): Promise<DeadLetterPage | undefined> {
    return this.#call((store) => store.readDeadLetters(query))
  }

  async redrive(name: string, seqs: readonly number[] | undefined): Promise<number | undefined> {
    const redriven = await this.#call((store) => store.redrive(name, seqs))
    this.#options.deliveries.notifyChange(name)
    return redriven
  }

  /** Pushes again what was paused; nothing happens to a subscription that is not. */
  async resume(name: string): Promise<true | undefined> {
    const state = await this.find(name)
    if (state?.pausedReason === undefined) return state && true
    const outcome = await this.#call((store) => store.setPaused(name, undefined))
    if (outcome !== undefined) this.#startPush(name, state.settings)
    return outcome
  }

  #startPush(name: string, { push, leaseMs }: SubscriptionSettings): void {
    if (push !== undefined) this.#options.pushes.start({ name, push, leaseMs, failingSinceMs: undefined })
  }

  async #call<T>(call: (store: SubscriptionStore) => Promise<T>): Promise<T> {
    try {
      return await call(this.#options.store)
    } catch (thrown) {
      const error = toAppError(thrown, 'store_unavailable')
      this.#options.onFailure(error)
      throw error
    }
  }
}
