/**
 * Group commit of delivery acks, nacks and extensions: what arrives in one turn of the event loop, and while a commit runs,
 * is one commit. Nobody is answered before the store has confirmed.
 */
import { AppError, drainingError, toAppError } from '../core/errors.ts'
import type { DeliveryCommand, DeliveryOutcome, SubscriptionStore } from '../core/subscription-store.ts'

export interface SettlerOptions {
  readonly store: Pick<SubscriptionStore, 'settle'>
  /** Commands that may wait for a commit. */
  readonly capacityCommands: number
  /** Told after those who wait are answered; must not throw. One outcome per command. */
  readonly onSettled: (commands: readonly DeliveryCommand[], outcomes: readonly DeliveryOutcome[]) => void
  /** Told of every group that was not committed. `store_failed` means that the process must end. */
  readonly onFailure: (error: AppError) => void
}

/** What one caller wants settled; it enters a group whole. */
interface Waiting {
  readonly commands: readonly DeliveryCommand[]
  readonly outcome: PromiseWithResolvers<readonly DeliveryOutcome[]>
}

/** As `SubscriptionStore.settle` takes them. */
export const maxSettleCommands = 10_000

export class Settler implements AsyncDisposable {
  readonly #options: SettlerOptions
  #waiting: Waiting[] = []
  #waitingCommands = 0
  #isRunning = false
  #isClosed = false
  #onIdle: (() => void) | undefined
  #fatal: AppError | undefined

  constructor(options: SettlerOptions) {
    this.#options = options
  }

  /**
   * Settles a caller's commands, together with whatever else is waiting.
   *
   * @param commands 1 to 10,000.
   * @returns one outcome per command, in their order, once they are durable.
   * @throws AppError `queue_full`, `draining`, or why the group's commit failed. A retry is always safe.
   */
  async settle(commands: readonly DeliveryCommand[]): Promise<readonly DeliveryOutcome[]> {
    if (this.#fatal !== undefined) throw this.#fatal
    if (this.#isClosed) throw drainingError()
    const { capacityCommands } = this.#options
    // A caller with more than all there is room for would otherwise never be served.
    if (this.#waiting.length > 0 && this.#waitingCommands + commands.length > capacityCommands) {
      throw new AppError('queue_full', 'too many acks are waiting for a commit; try again')
    }
    const waiting: Waiting = { commands, outcome: Promise.withResolvers() }
    this.#waiting.push(waiting)
    this.#waitingCommands += commands.length
    this.#startSoon()
    return waiting.outcome.promise
  }

  /** Takes no more commands, and resolves when all that were taken are answered. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    if (!this.#isRunning) return
    await new Promise<void>((resolve) => {
      this.#onIdle = resolve
    })
  }

  #startSoon(): void {
    if (this.#isRunning) return
    this.#isRunning = true
    // One turn of the event loop lets every request already readable join the group.
    setImmediate(() => void this.#commitGroups())
  }

  async #commitGroups(): Promise<void> {
    while (this.#waiting.length > 0) await this.#commitGroup(this.#takeGroup())
    this.#isRunning = false
    this.#onIdle?.()
  }

  #takeGroup(): Waiting[] {
    let count = 0
    let commands = 0
    for (const waiting of this.#waiting) {
      if (count > 0 && commands + waiting.commands.length > maxSettleCommands) break
      count++
      commands += waiting.commands.length
    }
    this.#waitingCommands -= commands
    return this.#waiting.splice(0, count)
  }

  async #commitGroup(group: readonly Waiting[]): Promise<void> {
    const { store, onSettled, onFailure } = this.#options
    const commands = group.flatMap((waiting) => waiting.commands)
    let outcomes: readonly DeliveryOutcome[]
    try {
      // After this error what the store says is not to be believed.
      if (this.#fatal !== undefined) throw this.#fatal
      outcomes = await store.settle(commands)
    } catch (thrown) {
      const error = toAppError(thrown, 'store_unavailable')
      if (error.code === 'store_failed') this.#fatal = error
      for (const waiting of group) waiting.outcome.reject(error)
      onFailure(error)
      return
    }
    let start = 0
    for (const waiting of group) {
      const end = start + waiting.commands.length
      waiting.outcome.resolve(outcomes.slice(start, end))
      start = end
    }
    onSettled(commands, outcomes)
  }
}
