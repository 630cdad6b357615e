/** The check of an SQLite store, from the event loop's side: it waits for the thread that reads the file. */
import { existsSync, realpathSync } from 'node:fs'
import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { AppError } from '../../../core/errors.ts'
import type { StoreVerification } from '../../../core/store-verification.ts'
import type { VerifyInput, VerifyReply } from './verify-thread.ts'

/** @throws AppError when there is no such file. */
export function openSqliteVerification(path: string): StoreVerification {
  if (!existsSync(path)) throw new AppError('store_unavailable', `${path}: there is no such file`)
  const input: VerifyInput = { path: realpathSync(path) }
  return {
    run({ signal, onProgress }) {
      signal.throwIfAborted()
      const { promise, resolve, reject } = Promise.withResolvers<Awaited<ReturnType<StoreVerification['run']>>>()
      const url = new URL(`./verify-thread${extname(import.meta.url)}`, import.meta.url)
      const worker = new Worker(url, { workerData: input, name: 'verify-thread' })
      worker.on('message', (reply: VerifyReply) => {
        if ('progress' in reply) onProgress(reply.progress)
        else if ('report' in reply) resolve(reply.report)
        else reject(new AppError(reply.error.code, reply.error.detail))
      })
      worker.on('error', (error) => reject(new AppError('store_failed', `the check failed: ${String(error)}`)))
      worker.on('exit', () => reject(new AppError('store_failed', 'the check ended without a result')))
      // Not waited for: it ends as soon as SQLite gives it back, which can take as long as it takes to read the file.
      const stop = () => {
        worker.terminate().catch(() => {})
        reject(signal.reason)
      }
      signal.addEventListener('abort', stop, { once: true })
      return promise.finally(() => signal.removeEventListener('abort', stop))
    },
  }
}
