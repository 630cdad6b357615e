/** Row 10 of the program: random histories of the SQLite store, with restarts, crashes and clocks that jump, against models. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import type { Fault, Trial, TrialResult } from '../fault.ts'

/** Those of subscriptions are longer, and take three times as long. */
const shares = { store: 0.7, subscriptions: 0.3 }
const defaultHistories = 1000
const memory = '/dev/shm'
const mainPath = fileURLToPath(new URL('../histories/main.ts', import.meta.url))

export const historiesFault: Fault = {
  name: 'histories',
  what: 'random histories of batches, deliveries, restarts, crashes and clock jumps, against small models',
  unit: 'histories',
  independentUnit: 'history',
  trials: 50,
  run: (trial) => runHistories(trial),
}

/** @param histories of all kinds together. */
export async function runHistories(trial: Trial, histories = defaultHistories): Promise<TrialResult> {
  const counts = Object.entries(shares).map(([kind, share]) => [kind, Math.round(share * histories)] as const)
  const found = await Promise.all(counts.map(([kind, count]) => lookThrough(kind, count, trial)))
  return { tried: counts.reduce((sum, [, count]) => sum + count, 0), violations: found.flat() }
}

async function lookThrough(kind: string, histories: number, { seed, folder, signal }: Trial): Promise<string[]> {
  // In memory where there is such a place: nobody cuts the power here, and syncs would be most of the time.
  const stores = mkdtempSync(join(existsSync(memory) ? memory : folder, 'sekali-histories-'))
  const args = [mainPath, kind, String(seed), String(histories), stores]
  // Ends with this process, whatever that dies of.
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', process.execPath, ...args], {
    env: { ...process.env, NODE_OPTIONS: '' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const kill = () => child.kill('SIGKILL')
  signal.addEventListener('abort', kill, { once: true })
  try {
    const [report, complaint, [code]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close'),
    ])
    signal.throwIfAborted()
    if (code === 0) return []
    if (report === '') throw new Error(`the histories of ${kind} could not be looked through: ${complaint}`)
    return [`a history of the ${kind} that the model does not have: ${report}`]
  } finally {
    signal.removeEventListener('abort', kill)
    rmSync(stores, { recursive: true, force: true })
  }
}
