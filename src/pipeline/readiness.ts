/** Whether the program can do its work: is it draining, and does the store commit. */
import type { Clock } from '../core/clock.ts'
import { type AppError, toAppError } from '../core/errors.ts'
import type { EventStore } from '../core/event-store.ts'

/** A commit this recent proves that the store is writable, so that health checks cost nothing under load. */
const freshMs = 1000
/** A store that has not answered by then counts as one that cannot commit. */
const probeTimeoutMs = 5000

export interface ReadinessOptions {
  readonly store: EventStore
  readonly clock: Clock
  /** Told of every probe that failed. `store_failed` means that the process must end. */
  readonly onFailure: (error: AppError) => void
}

export class Readiness {
  readonly #options: ReadinessOptions
  #isDraining = false
  #lastCommitMs = Number.NEGATIVE_INFINITY
  #probe: Promise<string | undefined> | undefined

  constructor(options: ReadinessOptions) {
    this.#options = options
  }

  get isDraining(): boolean {
    return this.#isDraining
  }

  startDraining(): void {
    this.#isDraining = true
  }

  recordCommit(): void {
    this.#lastCommitMs = this.#options.clock.monotonicMs()
  }

  recordFailure(): void {
    this.#lastCommitMs = Number.NEGATIVE_INFINITY
  }

  /** Why the store cannot commit, or undefined when it can. Many callers share one probe. */
  async storeFault(): Promise<string | undefined> {
    if (this.#options.clock.monotonicMs() - this.#lastCommitMs < freshMs) return undefined
    this.#probe ??= this.#runProbe().finally(() => {
      this.#probe = undefined
    })
    let timer: NodeJS.Timeout | undefined
    const timeout = new Promise<string>((resolve) => {
      timer = setTimeout(resolve, probeTimeoutMs, 'the store does not answer')
    })
    try {
      return await Promise.race([this.#probe, timeout])
    } finally {
      clearTimeout(timer)
    }
  }

  async #runProbe(): Promise<string | undefined> {
    try {
      await this.#options.store.checkWritable()
      this.recordCommit()
      return undefined
    } catch (thrown) {
      const error = toAppError(thrown, 'store_unavailable')
      this.#options.onFailure(error)
      return error.message
    }
  }
}
