/** Calls into a worker thread: requests answered in order of arrival, errors crossing as AppErrors. */
import { extname } from 'node:path'
import { parentPort, Worker, workerData } from 'node:worker_threads'
import { AppError, type ErrorCode } from '../../core/errors.ts'
import type { StoreNotice } from '../store-notice.ts'
import { fromSqliteError } from './sqlite-error.ts'

interface Request {
  readonly id: number
  readonly method: string
  readonly argument: unknown
}

type Reply =
  | { readonly notice: StoreNotice }
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: { readonly code: ErrorCode; readonly detail: string } }

/** A method takes one cloneable argument and returns a cloneable value. */
export type ThreadMethods = Record<string, (argument: never) => unknown>

export interface ThreadClientOptions {
  /** The module to run, without its extension, relative to this folder. */
  readonly module: string
  readonly input: unknown
  /** Calls beyond this many unanswered ones are refused. */
  readonly maxPendingCalls: number
  /** Told of what the thread does on its own. */
  readonly onNotice?: (notice: StoreNotice) => void
}

/** Of what lives for one call. Measured: a third of the default costs the writer nothing, and less would. */
const resourceLimits = { maxYoungGenerationSizeMb: 16 }

/** The id of the reply that says the thread is open, or why it is not. */
const openId = 0

/** The caller's side. A thread that dies rejects every call with `store_failed`. */
export class ThreadClient<M extends ThreadMethods> {
  readonly #worker: Worker
  readonly #maxPendingCalls: number
  readonly #pending = new Map<number, PromiseWithResolvers<unknown>>()
  #lastId = openId
  #death: AppError | undefined

  private constructor(options: ThreadClientOptions) {
    this.#maxPendingCalls = options.maxPendingCalls
    // In a clone the modules are .ts, in the package .js: a worker has the extension of the module that starts it.
    const url = new URL(`./${options.module}${extname(import.meta.url)}`, import.meta.url)
    this.#worker = new Worker(url, { workerData: options.input, name: options.module, resourceLimits })
    this.#worker.on('message', (reply: Reply) => {
      if ('notice' in reply) options.onNotice?.(reply.notice)
      else this.#settle(reply)
    })
    this.#worker.on('error', (error) =>
      this.#die(new AppError('store_failed', `a store thread failed: ${String(error)}`)),
    )
    this.#worker.on('exit', () => this.#die(new AppError('store_failed', 'a store thread ended')))
  }

  /** Resolves when the thread has opened what it needs. @throws AppError why it could not. */
  static async start<M extends ThreadMethods>(options: ThreadClientOptions): Promise<ThreadClient<M>> {
    const client = new ThreadClient<M>(options)
    const opened = Promise.withResolvers<unknown>()
    client.#pending.set(openId, opened)
    try {
      await opened.promise
      return client
    } catch (thrown) {
      await client.#worker.terminate()
      throw thrown
    }
  }

  async call<K extends keyof M & string>(method: K, argument: Parameters<M[K]>[0]): Promise<Awaited<ReturnType<M[K]>>> {
    if (this.#pending.size >= this.#maxPendingCalls) {
      throw new AppError('store_unavailable', 'too many calls are waiting for the store; try again')
    }
    return (await this.#send(method, argument)) as Awaited<ReturnType<M[K]>>
  }

  /** Asks the thread to close what it holds, after the calls before it, however many. */
  async close(): Promise<void> {
    try {
      await this.#send('close', undefined)
    } finally {
      await this.abandon()
    }
  }

  /** Ends the thread in the middle of what it does: for one that only reads, and perhaps for seconds. */
  async abandon(): Promise<void> {
    this.#die(new AppError('store_unavailable', 'the store is closed'))
    await this.#worker.terminate()
  }

  /** Why no call is answered any more; undefined while calls are. */
  get death(): AppError | undefined {
    return this.#death
  }

  #send(method: string, argument: unknown): Promise<unknown> {
    if (this.#death !== undefined) return Promise.reject(this.#death)
    const id = ++this.#lastId
    this.#worker.postMessage({ id, method, argument } satisfies Request)
    const outcome = Promise.withResolvers<unknown>()
    this.#pending.set(id, outcome)
    return outcome.promise
  }

  #settle(reply: Exclude<Reply, { notice: StoreNotice }>): void {
    const outcome = this.#pending.get(reply.id)
    this.#pending.delete(reply.id)
    if ('error' in reply) outcome?.reject(new AppError(reply.error.code, reply.error.detail))
    else outcome?.resolve(reply.value)
  }

  #die(death: AppError): void {
    this.#death ??= death
    for (const outcome of this.#pending.values()) outcome.reject(this.#death)
    this.#pending.clear()
  }
}

export interface ServedThread {
  readonly methods: ThreadMethods
  readonly close: () => void
  /** Runs before each call, which is answered with what it throws. */
  readonly beforeCall?: () => void
  /** Told what a call has thrown, before the next one. */
  readonly onError?: (thrown: unknown) => void
  /** Runs after each answer is on its way, so that nobody waits for it. */
  readonly afterReply?: () => void
}

/** The thread's side: opens with the caller's input, says so, and answers calls until it is told to close. */
export function serveThread<Input>(open: (input: Input, notify: (notice: StoreNotice) => void) => ServedThread): void {
  const port = parentPort
  if (port === null) throw new Error('serveThread runs in a worker thread')
  const answer = (id: number, run: () => unknown): boolean => {
    try {
      const value = run()
      port.postMessage({ id, value } satisfies Reply, transferablesOf(value))
      return true
    } catch (thrown) {
      const { code, message } = fromSqliteError(thrown)
      port.postMessage({ id, error: { code, detail: message } } satisfies Reply)
      return false
    }
  }
  let served: ServedThread | undefined
  const isOpen = answer(openId, () => {
    served = open(workerData, (notice) => port.postMessage({ notice } satisfies Reply))
  })
  if (!isOpen || served === undefined) return
  const { methods, close, beforeCall, onError, afterReply } = served
  const call = ({ method, argument }: Request): unknown => {
    try {
      beforeCall?.()
      return methods[method]?.(argument as never)
    } catch (thrown) {
      onError?.(thrown)
      throw thrown
    }
  }
  port.on('message', (request: Request) => {
    if (request.method === 'close') {
      answer(request.id, close)
      return
    }
    answer(request.id, () => call(request))
    afterReply?.()
  })
}

/** The buffers of a value whose properties are typed arrays: moved, not copied. */
function transferablesOf(value: unknown): ArrayBuffer[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return []
  return Object.values(value).flatMap((member) =>
    ArrayBuffer.isView(member) && member.buffer instanceof ArrayBuffer ? [member.buffer] : [],
  )
}
