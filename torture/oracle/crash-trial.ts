/**
 * One trial of a crash: the same load and the same store over several lives of the server, each of which ends at a random
 * moment, and a check after each restart.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { buildDiskShim, type DiskShim } from '../disk/disk-shim.ts'
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

/** Of all crashes, those in the middle of a start. */
const startShare = 0.2
const maxStartMs = 1200
const minLoadMs = 20
/** Of the crashes under load, those in the moment in which an ack arrives. */
const atAckShare = 0.5
const maxAcksBeforeStrike = 2000
const maxStrikeMs = 1000
const pollMs = 5
/** Before and after each commit's write: none, and those of slower disks. */
const diskDelaysUs = [0, 20_000, 100_000] as const

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
  const isInStart = random.share() < startShare
  const afterMs = random.whole(isInStart ? 0 : minLoadMs, isInStart ? maxStartMs : parts.maxLoadMs)
  await using server = startIn(parts)
  if (isInStart) {
    await pause(afterMs, undefined, { signal: trial.signal })
    await disk.crash(server)
    return []
  }
  const store = await readyStore(server, disk)
  if (typeof store === 'string') return [store]
  const violations = await checker.checkNow(store)
  if (violations.length > 0) return violations
  const isAtAck = random.share() < atAckShare
  const strike = { serverPid: server.pid, afterAcks: random.whole(1, maxAcksBeforeStrike) }
  await load.tell({ kind: 'run', url: store.url, ...(isAtAck && { strike }) })
  const isOver = isAtAck ? () => isStopped(server.pid) : () => false
  const ended = await underLoad({ server, isOver, maxMs: isAtAck ? maxStrikeMs : afterMs, signal: trial.signal })
  if (ended === undefined) await disk.crash(server)
  await load.tell({ kind: 'rest', url: store.url })
  return ended === undefined ? [] : [ended]
}

interface UnderLoad {
  readonly server: ServerProcess
  readonly isOver: () => boolean
  readonly maxMs: number
  readonly signal: AbortSignal
}

/** Waits until the moment of the crash. @returns a sentence when the server does not live to see it. */
async function underLoad({ server, isOver, maxMs, signal }: UnderLoad): Promise<string | undefined> {
  const endsAtMs = performance.now() + maxMs
  while (performance.now() < endsAtMs && !isOver()) {
    const { exitCode, signalCode } = server.child
    if (exitCode !== null || signalCode !== null) {
      return `the server ended by itself under load: ${signalCode ?? exitCode}`
    }
    await pause(Math.min(pollMs, Math.max(0, endsAtMs - performance.now())), undefined, { signal })
  }
  return undefined
}

/** The last crash: the acks before it were all for duplicates, which count as well. */
async function crashAfterResend(parts: Parts): Promise<string[]> {
  const { disk, checker, load } = parts
  {
    await using server = startIn(parts)
    const store = await readyStore(server, disk)
    if (typeof store === 'string') return [store]
    const violations = [...(await checker.checkNow(store)), ...(await checker.checkAtEnd(store, load))]
    if (violations.length > 0) return violations
    await disk.crash(server)
  }
  await using server = startIn(parts)
  const store = await readyStore(server, disk)
  return typeof store === 'string' ? [store] : await checker.checkNow(store)
}

function startIn({ disk, trial, random, shim, nodeArgs = [], env = {} }: Parts): ServerProcess {
  const delayUs = random.of(diskDelaysUs)
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
