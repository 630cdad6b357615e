/** The push loops of all subscriptions that have one: which run, and how they end. */
import { isDeepStrictEqual } from 'node:util'
import type { SubscriptionStore } from '../../core/subscription-store.ts'
import { FailingSpell } from './failing-spell.ts'
import { PushLoop, type PushSurroundings, type PushTarget } from './push-loop.ts'

export interface PushesOptions extends PushSurroundings {
  readonly store: Pick<SubscriptionStore, 'list' | 'setPaused' | 'setFailingSince'>
}

/** What is to be pushed. */
export interface Pushed extends Omit<PushTarget, 'failing'> {
  /** As the store has it: a restart must not give a receiver that is gone another day. */
  readonly failingSinceMs: number | undefined
}

interface RunningLoop {
  readonly target: Pushed
  readonly stop: AbortController
  readonly ended: Promise<void>
}

export class Pushes implements AsyncDisposable {
  readonly #options: PushesOptions
  readonly #loops = new Map<string, RunningLoop>()
  #isClosed = false

  constructor(options: PushesOptions) {
    this.#options = options
  }

  /** Loops that run. */
  get size(): number {
    return this.#loops.size
  }

  /**
   * Starts a loop for every subscription on record that is pushed and not paused, if there is none yet, and ends the others:
   * at the start, and after another process may have changed subscriptions. @throws AppError as the store.
   */
  async startAll(): Promise<void> {
    const wanted = new Map<string, Pushed>()
    for (const { name, settings, pausedReason, failingSinceMs } of await this.#options.store.list()) {
      const { push, leaseMs } = settings
      if (push !== undefined && pausedReason === undefined) {
        wanted.set(name, { name, push, leaseMs, failingSinceMs })
      }
    }
    for (const [name, { stop }] of this.#loops) if (!wanted.has(name)) stop.abort()
    for (const target of wanted.values()) {
      const running = this.#loops.get(target.name)
      const isRunning = running !== undefined && !running.stop.signal.aborted
      if (!isRunning || !isSame(running.target, target)) this.start(target)
    }
  }

  /** Instead of the loop of this name, if there is one; it begins when that one has ended. */
  start(target: Pushed): void {
    if (this.#isClosed) return
    const before = this.#loops.get(target.name)
    before?.stop.abort()
    const stop = new AbortController()
    const running: RunningLoop = { target, stop, ended: this.#run(target, stop.signal, before?.ended) }
    this.#loops.set(target.name, running)
    void running.ended.then(() => {
      if (this.#loops.get(target.name) === running) this.#loops.delete(target.name)
    })
  }

  /** Ends the loop of this name and its request, if there is one. */
  async stop(name: string): Promise<void> {
    const running = this.#loops.get(name)
    running?.stop.abort()
    await running?.ended
  }

  /** Ends all loops and their requests. What was not answered 2xx is not acked. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    await Promise.all([...this.#loops.keys()].map((name) => this.stop(name)))
  }

  async #run(target: Pushed, signal: AbortSignal, before: Promise<void> | undefined): Promise<void> {
    await before
    const { store } = this.#options
    const { name, push, leaseMs, failingSinceMs } = target
    const failing = new FailingSpell(failingSinceMs, (atMs) => store.setFailingSince(name, atMs))
    const stop = new AbortController()
    // What ends one of them, a paused push or a subscription that is gone, ends them all.
    const run = async (): Promise<void> => {
      await new PushLoop({ name, push, leaseMs, failing }, this.#options, AbortSignal.any([signal, stop.signal])).run()
      stop.abort()
    }
    await Promise.all(Array.from({ length: push.concurrency }, run))
  }
}

/** Since when it has been failing is what the loop itself writes down. */
function isSame(a: Pushed, b: Pushed): boolean {
  return isDeepStrictEqual({ ...a, failingSinceMs: undefined }, { ...b, failingSinceMs: undefined })
}
