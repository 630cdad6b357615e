/** Publishes at a steady rate from a thread of its own, so that making events does not delay whoever measures meanwhile. */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { StoreDescription } from './filled-store.ts'

export interface PublisherOptions {
  readonly url: string
  /** Its next events are published: those after `keys`. */
  readonly description: StoreDescription
  readonly batchEvents: number
  readonly connections: number
}

export interface PublishPhase {
  /** Batches a second. */
  readonly ratePerSecond: number
  readonly durationMs: number
}

/** Of a phase, when it is over. */
export interface Published {
  readonly sent: number
  readonly unique: number
  readonly seconds: number
  readonly p50AckMs: number
  readonly p99AckMs: number
  readonly maxAckMs: number
}

/** What the thread says. */
export type PublisherNews = { readonly isPublishing: true } | { readonly published: Published }

export interface Publisher extends AsyncDisposable {
  /** Resolves when the first events of the phase are acknowledged; the requests of a phase are made before that. */
  start(phase: PublishPhase): Promise<{ readonly published: Promise<Published> }>
}

export function openPublisher(options: PublisherOptions): Publisher {
  const thread = new Worker(new URL('./publisher-thread.ts', import.meta.url), { workerData: options })
  const failed = once(thread, 'exit').then(() => {
    throw new Error('the publishing thread ended')
  })
  // Whoever waits for it hears of it.
  failed.catch(() => {})
  let waiting: { publishing: PromiseWithResolvers<void>; published: PromiseWithResolvers<Published> } | undefined
  thread.on('message', (news: PublisherNews) => {
    if ('published' in news) waiting?.published.resolve(news.published)
    else waiting?.publishing.resolve()
  })
  return {
    async start(phase) {
      const [publishing, published] = [Promise.withResolvers<void>(), Promise.withResolvers<Published>()]
      waiting = { publishing, published }
      thread.postMessage(phase)
      const outcome = Promise.race([published.promise, failed])
      outcome.catch(() => {})
      await Promise.race([publishing.promise, failed])
      return { published: outcome }
    },
    async [Symbol.asyncDispose]() {
      await thread.terminate()
    },
  }
}
