/**
 * Stands in for `src/stores/sqlite/thread.ts` where thousands of stores are opened: what the store's threads do is done by
 * this one, call after call, each in a turn of its own. Arguments and values are cloned, as between threads.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { AppError } from '../../src/core/errors.ts'
import { fromSqliteError } from '../../src/stores/sqlite/sqlite-error.ts'
import type { ServedThread, ThreadClientOptions, ThreadMethods } from '../../src/stores/sqlite/thread.ts'

type Open = Parameters<typeof serveThread>[0]

/** By the name of its module. */
const modules = new Map<string, Open>()
let loading: string | undefined

export class ThreadClient<M extends ThreadMethods> {
  readonly #served: ServedThread
  /** As in a thread: one after the other. */
  #last: Promise<unknown> = Promise.resolve()
  #death: AppError | undefined

  private constructor(served: ServedThread) {
    this.#served = served
  }

  static async start<M extends ThreadMethods>(options: ThreadClientOptions): Promise<ThreadClient<M>> {
    const { module, input, onNotice = () => {} } = options
    const open = modules.get(module) ?? (await loadModule(module))
    try {
      return new ThreadClient<M>(open(input as never, onNotice))
    } catch (thrown) {
      throw fromSqliteError(thrown)
    }
  }

  async call<K extends keyof M & string>(method: K, argument: Parameters<M[K]>[0]): Promise<Awaited<ReturnType<M[K]>>> {
    if (this.#death !== undefined) throw this.#death
    const { methods, beforeCall, afterReply } = this.#served
    const cloned = structuredClone(argument)
    const turn = this.#last.then(async () => {
      await nextTurn()
      if (this.#death !== undefined) throw this.#death
      try {
        beforeCall?.()
        return structuredClone(methods[method]?.(cloned as never))
      } catch (thrown) {
        throw fromSqliteError(thrown)
      } finally {
        afterReply?.()
      }
    })
    this.#last = turn.catch(() => {})
    return (await turn) as Awaited<ReturnType<M[K]>>
  }

  async close(): Promise<void> {
    await this.#last
    await this.abandon()
  }

  async abandon(): Promise<void> {
    if (this.#death !== undefined) return
    this.#death = new AppError('store_unavailable', 'the store is closed')
    await this.#last
    this.#served.close()
  }

  get death(): AppError | undefined {
    return this.#death
  }
}

/** Called by the module that is being loaded. */
export function serveThread<Input>(open: (input: Input, notify: (notice: never) => void) => ServedThread): void {
  if (loading !== undefined) modules.set(loading, open as Open)
}

async function loadModule(name: string): Promise<Open> {
  loading = name
  await import(`../../src/stores/sqlite/${name}.ts`)
  loading = undefined
  const open = modules.get(name)
  if (open === undefined) throw new Error(`${name} serves no thread`)
  return open
}
