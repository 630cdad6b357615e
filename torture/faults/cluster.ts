/** Row 16 of the program: PostgreSQL servers of a cluster die, stand still and are shut out. */
import { AssertionError } from 'node:assert'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Scope } from '../../test/support/after-test.ts'
import { type ClusterOutage, cancelWaits, killPrimary, loseStandbys, suspendPrimary } from '../cluster/outages.ts'
import type { Fault, Trial, TrialResult } from '../fault.ts'
import { seededRandom } from '../random.ts'

/** All but the last end with a failover. */
const outages: readonly [string, ClusterOutage][] = [
  ['the primary is killed', killPrimary],
  ['the primary stands still while a standby is promoted, and goes on', suspendPrimary],
  ['waits for a standby are cancelled, and the primary is killed', cancelWaits],
  ['both standbys are down for a while', loseStandbys],
]
const maxEvents = 4000

export const clusterFault: Fault = {
  name: 'cluster',
  what: 'PostgreSQL, three servers: the primary is killed or suspended and another one promoted, standbys are lost, waits cancelled',
  unit: 'outages',
  independentUnit: 'outage',
  trials: 100,
  run: runOutage,
}

export async function runOutage({ seed, folder, signal }: Trial): Promise<TrialResult> {
  const [what, outage] = outages[seed % outages.length] ?? ['', killPrimary]
  const events = seededRandom(seed).whole(1, maxEvents)
  await using scope = new TrialScope()
  try {
    await Promise.race([outage(scope, { events }), rejectWhenAborted(signal)])
    return { tried: 1, violations: [] }
  } catch (thrown) {
    if (signal.aborted || !(thrown instanceof AssertionError)) throw thrown
    const violation = `${what}, after ${events} events: ${thrown.message}`
    writeFileSync(join(folder, 'violation.txt'), `${violation}\n${thrown.stack}\n`)
    return { tried: 1, violations: [violation] }
  }
}

/** Closes what was opened in a trial, the newest first. */
class TrialScope implements Scope, AsyncDisposable {
  readonly #opened = new AsyncDisposableStack()

  after(close: () => unknown): void {
    this.#opened.defer(async () => {
      await close()
    })
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#opened.disposeAsync()
  }
}

function rejectWhenAborted(signal: AbortSignal): Promise<never> {
  signal.throwIfAborted()
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }))
}
