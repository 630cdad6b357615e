/**
 * One trial of a crash: the same load and the same store over several lives of the server, each of which ends at a random
 * moment, and a check after each restart.
 */
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { StoreDisk } from '../disk/store-disk.ts'
import type { Trial, TrialResult } from '../fault.ts'
import { type Random, seededRandom } from '../random.ts'
import { type ServerProcess, type ServerStart, startServer } from '../server-process.ts'
import { Checker, type RunningStore } from './checker.ts'
import { type LoadProcess, startLoad } from './load-process.ts'

export interface CrashTrialOptions extends ServerStart {
  /** The fault's name. */
  readonly name: string
  readonly disk: StoreDisk
  readonly crashes: number
  /** Publishers, each on a connection of its own. */
  readonly publishers: number
  /** How long a server is under load, at most. */
  readonly maxLoadMs: number
}

/** Of all crashes, those in the middle of a start. */
const startShare = 0.2
const maxStartMs = 1200
const minLoadMs = 20

interface Parts extends CrashTrialOptions {
  readonly trial: Trial
  readonly random: Random
  readonly checker: Checker
  readonly load: LoadProcess
}

/** @returns `tried`: the crashes. It ends at the first violation. */
export async function runCrashTrial(trial: Trial, options: CrashTrialOptions): Promise<TrialResult> {
  const checker = new Checker(options.name, trial)
  const { seed } = trial
  await using load = startLoad({ seed, file: checker.historyFile, publishers: options.publishers })
  const parts: Parts = { ...options, trial, checker, load, random: seededRandom(seed) }
  for (let crash = 1; crash <= options.crashes; crash++) {
    trial.signal.throwIfAborted()
    const violations = await crashOnce(parts)
    if (violations.length > 0) return { tried: crash, violations: checker.report(violations, `before crash ${crash}`) }
  }
  const violations = await checkAtEnd(parts)
  return { tried: options.crashes, violations: checker.report(violations, 'at the end') }
}

async function crashOnce(parts: Parts): Promise<string[]> {
  const { random, disk, trial, checker, load } = parts
  const isInStart = random.share() < startShare
  const afterMs = random.whole(isInStart ? 0 : minLoadMs, isInStart ? maxStartMs : parts.maxLoadMs)
  await using server = startIn(parts)
  if (isInStart) {
    await pause(afterMs, undefined, { signal: trial.signal })
    await disk.crash(server)
    return []
  }
  const store = await waitUntilReady(server, disk)
  if (typeof store === 'string') return [store]
  const violations = await checker.checkNow(store)
  if (violations.length > 0) return violations
  await load.tell('run', store.url)
  const early = server.exited.then(({ code, signal }) => `the server ended by itself under load: ${signal ?? code}`)
  const ended = await Promise.race([early, pause(afterMs, undefined, { signal: trial.signal })])
  if (ended === undefined) await disk.crash(server)
  await load.tell('rest', store.url)
  return ended === undefined ? [] : [ended]
}

async function checkAtEnd(parts: Parts): Promise<string[]> {
  await using server = startIn(parts)
  const store = await waitUntilReady(server, parts.disk)
  if (typeof store === 'string') return [store]
  return [...(await parts.checker.checkNow(store)), ...(await parts.checker.checkAtEnd(store, parts.load))]
}

function startIn({ disk, trial, nodeArgs = [], env = {} }: Parts): ServerProcess {
  const { store, wrapper } = disk
  return startServer({ store, wrapper, nodeArgs, env, logFile: join(trial.folder, 'server.log') })
}

/** @returns a sentence when it does not get ready. */
async function waitUntilReady(server: ServerProcess, disk: StoreDisk): Promise<RunningStore | string> {
  const startedAtMs = performance.now()
  try {
    const url = await server.listening
    const { status } = await fetch(`${url}/readyz`)
    if (status !== 200) return `I9: the server listens, but /readyz answers ${status}`
    return { url, file: disk.fileOf(server), startedInMs: Math.round(performance.now() - startedAtMs) }
  } catch (thrown) {
    return `I9: the server did not start again: ${thrown}`
  }
}
