/** A block of seeds in a thread of its own: the timers that a simulation puts in the place of the real ones are that thread's. */
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { runSeed, type SeedResult } from './run-seed.ts'

export interface SeedBlock {
  readonly first: number
  readonly count: number
}

/** A run that shows so many shows nothing new. */
const maxRed = 3
/** A seed takes milliseconds; one that takes this long goes round in circles without waiting for anything. */
const maxSeedMs = 60_000

/** Also ends when three seeds broke a promise. @throws the signal's reason when it is aborted meanwhile. */
export function runBlock(block: SeedBlock, signal: AbortSignal): Promise<readonly SeedResult[]> {
  signal.throwIfAborted()
  const results: SeedResult[] = []
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: block })
    const hang = () => {
      resolve([...results, hungSeed((block.first + results.length) >>> 0)])
      void worker.terminate()
    }
    const timer = setTimeout(hang, maxSeedMs)
    const stop = () => {
      reject(signal.reason)
      void worker.terminate()
    }
    signal.addEventListener('abort', stop, { once: true })
    worker.on('message', (result: SeedResult) => {
      results.push(result)
      timer.refresh()
    })
    worker.once('error', reject)
    worker.once('exit', () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', stop)
      resolve(results)
    })
  })
}

function hungSeed(seed: number): SeedResult {
  return { seed, hash: '', steps: 0, crashes: 0, acknowledged: 0, violations: ['it goes round in circles'] }
}

async function runHere({ first, count }: SeedBlock): Promise<void> {
  for (let at = 0, red = 0; at < count && red < maxRed; at++) {
    const result = await runSeed((first + at) >>> 0)
    parentPort?.postMessage(result)
    if (result.violations.length > 0) red++
  }
}

if (!isMainThread && parentPort !== null && isBlock(workerData)) await runHere(workerData)

function isBlock(value: unknown): value is SeedBlock {
  return typeof value === 'object' && value !== null && 'first' in value && 'count' in value
}
