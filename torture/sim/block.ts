/** A block of seeds in a thread of its own: the timers that a simulation puts in the place of the real ones are that thread's. */
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { runSeed, type SeedResult } from './run-seed.ts'

export interface SeedBlock {
  readonly first: number
  readonly count: number
}

/** @throws the signal's reason when it is aborted meanwhile. */
export function runBlock(block: SeedBlock, signal: AbortSignal): Promise<readonly SeedResult[]> {
  signal.throwIfAborted()
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: block })
    const stop = () => {
      void worker.terminate()
      reject(signal.reason)
    }
    signal.addEventListener('abort', stop, { once: true })
    worker.once('message', resolve)
    worker.once('error', reject)
    worker.once('exit', () => {
      signal.removeEventListener('abort', stop)
      reject(new Error('the simulation ended without a result'))
    })
  })
}

async function runHere({ first, count }: SeedBlock): Promise<void> {
  const results: SeedResult[] = []
  for (let at = 0; at < count; at++) results.push(await runSeed((first + at) >>> 0))
  parentPort?.postMessage(results)
}

if (!isMainThread && parentPort !== null && isBlock(workerData)) await runHere(workerData)

function isBlock(value: unknown): value is SeedBlock {
  return typeof value === 'object' && value !== null && 'first' in value && 'count' in value
}
