/**
 * Row 13 of the program: the wall clock jumps a year, forward and back, and stands still, while the server runs under load
 * and once while it does not. Nothing that has an order or lasts for a while may depend on it.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { type FakeClock, openFakeClock } from '../disk/fake-clock.ts'
import { folderDisk, type StoreDisk } from '../disk/store-disk.ts'
import type { Fault, Trial, TrialResult } from '../fault.ts'
import { Checker } from '../oracle/checker.ts'
import { findClockFaults, openLeaseProbe } from '../oracle/clock-watch.ts'
import { type LoadProcess, startLoad } from '../oracle/load-process.ts'
import { watchReads } from '../oracle/read-watch.ts'
import { startAndWait } from '../oracle/start-and-wait.ts'
import { type Random, seededRandom } from '../random.ts'
import type { ServerStart } from '../server-process.ts'

export const clockFault: Fault = {
  name: 'clock',
  what: 'the wall clock jumps a year forward and back, and stands still, under load and while the server is down',
  unit: 'acknowledged events',
  trials: 30,
  run: (trial) => runClock(trial),
}

const publishers = 8
const yearDays = 365
const maxSettingMs = 300
/** While the clock stands, a second passes for everything that lasts. */
const frozenMs = 1200

type Setting = 'a year ahead' | 'a year behind' | 'standing still' | 'right'

interface Parts {
  readonly trial: Trial
  readonly start: ServerStart
  readonly random: Random
  readonly clock: FakeClock
  readonly disk: StoreDisk
  readonly checker: Checker
  readonly load: LoadProcess
}

/** @returns `tried`: the acknowledged events. */
export async function runClock(trial: Trial, start: ServerStart = {}): Promise<TrialResult> {
  const folder = join(trial.folder, 'disk')
  mkdirSync(folder)
  const clock = openFakeClock(join(trial.folder, 'clock'))
  const checker = new Checker(clockFault.name, trial)
  await using load = startLoad({ seed: trial.seed, file: checker.historyFile, publishers })
  const random = seededRandom(trial.seed)
  const parts: Parts = { trial, start, random, clock, disk: folderDisk(folder), checker, load }
  const whileDown = random.of<Setting>(['a year ahead', 'a year behind', 'right'])
  const order = random.of<readonly Setting[]>([
    ['a year ahead', 'a year behind', 'standing still'],
    ['a year behind', 'standing still', 'a year ahead'],
    ['standing still', 'a year ahead', 'right'],
  ])
  const violations = await runLife(parts, order)
  if (violations.length === 0) {
    set(clock, whileDown)
    violations.push(...(await runLife(parts, ['right'])))
  }
  const context = `the clock was ${order.join(', then ')}; after the restart ${whileDown}, then right`
  return { tried: checker.ackedEvents, violations: checker.report(violations, context) }
}

/** One life of the server, which is killed at the end. @returns what is wrong. */
async function runLife(parts: Parts, settings: readonly Setting[]): Promise<string[]> {
  const { trial, clock, checker, load, random } = parts
  const env = { ...parts.start.env, ...clock.env }
  await using server = await startAndWait({ ...parts.start, env, disk: parts.disk, folder: trial.folder })
  const { store } = server
  const violations = await checker.checkNow(store)
  if (violations.length > 0) return violations
  await load.tell({ kind: 'run', url: store.url })
  const reads = watchReads({ url: store.url, refusals: 'never' })
  for (const setting of settings) {
    await pause(random.whole(0, maxSettingMs), undefined, { signal: trial.signal })
    const probe = await openLeaseProbe(store.url)
    set(clock, setting)
    await pause(setting === 'standing still' ? frozenMs : random.whole(0, maxSettingMs), undefined, {
      signal: trial.signal,
    })
    const faults = [...(await probe.findFaults()), ...(await findClockFaults(store.url))]
    violations.push(...faults.map((text) => `${text} (the clock is ${setting})`))
  }
  violations.push(...(await reads.stop()))
  await load.tell({ kind: 'rest', url: store.url })
  if (violations.length === 0) violations.push(...(await checker.checkAtEnd(store, load)))
  return violations
}

function set(clock: FakeClock, setting: Setting): void {
  if (setting === 'standing still') clock.freeze()
  else clock.jump(setting === 'a year ahead' ? yearDays : setting === 'a year behind' ? -yearDays : 0)
}
