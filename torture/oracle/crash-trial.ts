/**
 * One trial of a crash: the same load and the same store over several lives of the server, each of which ends at a random
 * moment, and a check after each restart.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { buildDiskShim, type DiskShim, type SuspendingStep, suspendingSteps } from '../disk/disk-shim.ts'
import type { StoreDisk } from '../disk/store-disk.ts'
import type { Trial, TrialResult } from '../fault.ts'
import { type Random, seededRandom } from '../random.ts'
import { isStopped, type ServerProcess, type ServerStart } from '../server-process.ts'
import { Checker, type RunningStore } from './checker.ts'
import { type LoadProcess, startLoad } from './load-process.ts'
import { startOnDisk, waitUntilReady } from './start-and-wait.ts'

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

const maxStartMs = 1200
const minLoadMs = 20
const maxAcksBeforeStrike = 2000
/** A moment that does not come by then is given up: the crash comes at once. */
const maxWaitMs = 1500
const pollMs = 2
const arrivalMs = 30
/** The one that is listed twice is the only one to see an ack that comes before its commit. */
const moments = ['start', 'time', 'ack', 'write', 'write', 'sync', 'checkpoint'] as const
/** Before and after each commit's write: long enough for a crash to fall into, also on a busy machine. */
const slowDelaysUs = [20_000, 100_000] as const

interface Parts extends CrashTrialOptions {
  readonly trial: Trial
  readonly random: Random
  readonly checker: Checker
  readonly load: LoadProcess
  readonly shim: DiskShim
}

/** @returns `tried`: the crashes. It ends at the first violation. */
export async function runCrashTrial(trial: Trial, options: CrashTrialOptions): Promise<TrialResult> {
  const checker = new Checker(options.name, trial)
  const { seed } = trial
  await using load = startLoad({ seed, file: checker.historyFile, publishers: options.publishers })
  const parts: Parts = {
    ...options,
    trial,
    checker,
    load,
    random: seededRandom(seed),
    shim: buildDiskShim(trial.folder),
  }
  for (let crash = 1; crash < options.crashes; crash++) {
    trial.signal.throwIfAborted()
    const violations = await crashOnce(parts)
    if (violations.length > 0) return { tried: crash, violations: checker.report(violations, `before crash ${crash}`) }
  }
  const violations = await crashAfterResend(parts)
  return { tried: options.crashes, violations: checker.report(violations, 'at the end') }
}

async function crashOnce(parts: Parts): Promise<string[]> {
  const { random, disk, trial, checker, load } = parts
  const plan = drawPlan(random)
  await using server = startIn(parts, plan.delayUs)
  if (plan.moment === 'start') {
    await pause(random.whole(0, maxStartMs), undefined, { signal: trial.signal })
    await disk.crash(server)
    return []
  }
  const store = await readyStore(server, disk)
  if (typeof store === 'string') return [store]
  const violations = await checker.checkNow(store)
  if (violations.length > 0) return violations
  const strike = { serverPid: server.pid, afterAcks: random.whole(1, maxAcksBeforeStrike) }
  await load.tell({ kind: 'run', url: store.url, ...(plan.moment === 'ack' && { strike }) })
  const ended = await waitForMoment(parts, plan, server)
  if (ended === undefined) await disk.crash(server)
  await load.tell({ kind: 'rest', url: store.url })
  return ended === undefined ? [] : [ended]
}

interface Plan {
  /** In the start; at a random time; when an ack arrives; before a step of a commit or of a checkpoint. */
  readonly moment: 'start' | 'time' | 'ack' | SuspendingStep
  /** How slow the disk is. */
  readonly delayUs: number
}

function drawPlan(random: Random): Plan {
  const moment = random.of(moments)
  // Who acknowledges before the write has the time to do so only on a slow one; everything else
  // gets further on a fast one.
  if (moment === 'write') return { moment, delayUs: random.of(slowDelaysUs) }
  return { moment, delayUs: moment === 'sync' || moment === 'ack' ? random.of([0, ...slowDelaysUs]) : 0 }
}

/** Waits until the moment of the crash. @returns a sentence when the server does not live to see it. */
async function waitForMoment(parts: Parts, { moment }: Plan, server: ServerProcess): Promise<string | undefined> {
  const { random, trial, shim, maxLoadMs } = parts
  const timeMs = random.whole(minLoadMs, maxLoadMs)
  const startedAtMs = performance.now()
  let hasAsked = false
  while (!isStopped(server.pid)) {
    const { exitCode, signalCode } = server.child
    if (exitCode !== null || signalCode !== null) {
      return `the server ended by itself under load: ${signalCode ?? exitCode}`
    }
    const passedMs = performance.now() - startedAtMs
    if (passedMs > maxWaitMs || (moment === 'time' && passedMs > timeMs)) return undefined
    if (!hasAsked && isSuspendingStep(moment) && passedMs > timeMs) {
      hasAsked = true
      shim.suspendBefore(moment)
    }
    await pause(pollMs, undefined, { signal: trial.signal })
  }
  // What the server has said is on the way: an ack that is lost with the connection is a promise that nobody knows of.
  await pause(arrivalMs, undefined, { signal: trial.signal })
  return undefined
}

function isSuspendingStep(moment: Plan['moment']): moment is SuspendingStep {
  return suspendingSteps.some((step) => step === moment)
}

/** The last crash: the acks before it were all for duplicates, which count as well. */
async function crashAfterResend(parts: Parts): Promise<string[]> {
  const { disk, checker, load } = parts
  {
    await using server = startIn(parts, 0)
    const store = await readyStore(server, disk)
    if (typeof store === 'string') return [store]
    const violations = [...(await checker.checkNow(store)), ...(await checker.checkAtEnd(store, load))]
    if (violations.length > 0) return violations
    await disk.crash(server)
  }
  await using server = startIn(parts, 0)
  const store = await readyStore(server, disk)
  return typeof store === 'string' ? [store] : await checker.checkNow(store)
}

function startIn({ disk, trial, shim, nodeArgs = [], env = {} }: Parts, delayUs: number): ServerProcess {
  shim.withdraw()
  return startOnDisk({ disk, folder: trial.folder, nodeArgs, env: { ...env, ...shim.env({ delayUs }) } })
}

/** @returns a sentence when it does not get ready. */
async function readyStore(server: ServerProcess, disk: StoreDisk): Promise<RunningStore | string> {
  try {
    return await waitUntilReady(server, disk)
  } catch (thrown) {
    return `I9: the server did not start again: ${thrown}`
  }
}
