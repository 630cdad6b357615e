/**
 * Row 4 of the program: the disk fails at the n-th call. Errors, no room and short writes, once or for a while, under load
 * and during the start; what was not synced when a sync fails is gone.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { folderDisk, type StoreDisk } from '../disk/store-disk.ts'
import type { Fault, Trial, TrialResult } from '../fault.ts'
import { Checker } from '../oracle/checker.ts'
import { type LoadProcess, startLoad } from '../oracle/load-process.ts'
import { watchReads } from '../oracle/read-watch.ts'
import { startOnDisk, waitUntilReady } from '../oracle/start-and-wait.ts'
import { type Random, seededRandom } from '../random.ts'
import type { ServerExit, ServerProcess, ServerStart } from '../server-process.ts'
import { type IoShim, openIoShim, type Strike, untilHealed } from '../shim/io-shim.ts'

export const ioErrorsFault: Fault = {
  name: 'io-errors',
  what: 'EIO, ENOSPC or a short write at a random call of a random kind; what a failed fsync should have written is gone',
  unit: 'acknowledged events',
  trials: 240,
  run: (trial) => runIoErrors(trial),
}

const publishers = 8
const everywhere = ['wal', 'database', 'other'] as const
const writes = ['write'] as const
const maxQuietMs = 150
/** Until the first call has failed; then the fault goes on for a while. */
const maxWaitMs = 2000
const pollMs = 5
const maxFaultMs = 200
const startShare = 0.15
/** An error that no promise covers must end the process by then; its farewell takes a second. */
const maxEndingMs = 10_000
/** Of `sekali serve`: could not start, the store failed to write. */
const exit = { notStarted: 1, storeFailed: 74 } as const

interface Parts {
  readonly trial: Trial
  readonly random: Random
  readonly start: ServerStart
  readonly disk: StoreDisk
  readonly shim: IoShim
  readonly checker: Checker
  readonly load: LoadProcess
}

/** @returns `tried`: the acknowledged events. */
export async function runIoErrors(trial: Trial, start: ServerStart = {}): Promise<TrialResult> {
  const folder = join(trial.folder, 'disk')
  mkdirSync(folder)
  using shim = openIoShim({ folder, controlFile: join(trial.folder, 'shim') })
  const checker = new Checker(ioErrorsFault.name, trial)
  await using load = startLoad({ seed: trial.seed, file: checker.historyFile, publishers })
  const random = seededRandom(trial.seed)
  const parts: Parts = { trial, random, start, disk: folderDisk(folder), shim, checker, load }
  const moment = random.share() < startShare ? 'start' : 'load'
  const strike = drawStrike(random, moment)
  const violations = moment === 'start' ? await strikeStart(parts, strike) : await strikeLoad(parts, strike)
  const context = `in the ${moment}: ${JSON.stringify(strike)}, ${shim.struck} calls failed`
  return { tried: checker.ackedEvents, violations: checker.report(violations, context) }
}

function drawStrike(random: Random, moment: 'start' | 'load'): Strike {
  const error = random.of<Strike['error']>(['EIO', 'EIO', 'EIO', 'ENOSPC', 'ENOSPC', 'short'])
  const times = random.of([1, random.whole(2, 20), untilHealed])
  if (moment === 'start') {
    // The only time that the other files grow and that files are cut.
    const files = random.of<Strike['files']>([['other'], everywhere, everywhere])
    const calls = random.of<Strike['calls']>([['write'], ['truncate'], ['write', 'sync', 'truncate']])
    return { error, times, files, calls, before: random.whole(0, calls.length === 1 ? 10 : 40) }
  }
  const calls = error === 'short' ? writes : random.of<Strike['calls']>([writes, writes, ['sync'], ['write', 'sync']])
  const files = random.of<Strike['files']>([['wal'], everywhere, ['database']])
  // The database is written by checkpoints alone, which are rare and sync once.
  const maxBefore = !calls.includes('write') ? (files.includes('wal') ? 20 : 1) : files.includes('wal') ? 200 : 50
  return { error, times, files, calls, before: random.whole(0, maxBefore) }
}

/** A store without room is promised to go on when there is some; and a short write is no error. */
function mustLive({ error, calls }: Strike): boolean {
  return error === 'short' || (error === 'ENOSPC' && calls.every((call) => call === 'write'))
}

/** Nobody may go on with a file that could not be written or synced. */
function mustEnd({ error, calls, files }: Strike): boolean {
  return error === 'EIO' && !calls.includes('truncate') && (!files.includes('other') || !calls.includes('write'))
}

async function strikeLoad(parts: Parts, strike: Strike): Promise<string[]> {
  const { random, trial, shim, load, checker } = parts
  await using server = serverOf(parts)
  const store = await waitUntilReady(server, parts.disk)
  const { url } = store
  const reads = watchReads({ url, refusals: 'clear' })
  await load.tell({ kind: 'run', url })
  await pause(random.whole(0, maxQuietMs), undefined, { signal: trial.signal })
  shim.strike(strike)
  for (let waitedMs = 0; shim.struck === 0 && waitedMs < maxWaitMs; waitedMs += pollMs) await pause(pollMs)
  await Promise.race([server.exited, pause(maxFaultMs, undefined, { signal: trial.signal })])
  if (shim.struck > 0 && mustEnd(strike)) await Promise.race([server.exited, pause(maxEndingMs)])
  shim.heal()
  await Promise.race([server.exited, pause(maxQuietMs)])
  await load.tell({ kind: 'rest', url })
  const ended = await endedWithin(server)
  const violations = [...(await reads.stop()), ...endingFaults(strike, ended, shim.struck)]
  if (violations.length > 0) return violations
  if (ended !== undefined) return checkRestarted(parts)
  return [...(await checker.checkNow(store)), ...(await checker.checkAtEnd(store, load))]
}

/** What the load has seen as the end may come a second before the process is gone. @returns undefined while it lives. */
async function endedWithin(server: ServerProcess): Promise<ServerExit | undefined> {
  const { child } = server
  if (child.exitCode !== null || child.signalCode !== null) return server.exited
  const answers = await fetch(`${await server.listening}/livez`).then(
    ({ ok }) => ok,
    () => false,
  )
  return answers ? undefined : server.exited
}

function endingFaults(strike: Strike, ended: ServerExit | undefined, struck: number): string[] {
  if (ended === undefined) {
    return struck > 0 && mustEnd(strike) ? ['I/O errors were answered, but the process goes on'] : []
  }
  const how = ended.signal ?? ended.code
  if (struck === 0) return [`no call failed, but the process ended with ${how}`]
  if (mustLive(strike)) return [`the process ended with ${how}, though this heals without a restart`]
  return ended.code === exit.storeFailed ? [] : [`the process ended with ${how}, not with ${exit.storeFailed}`]
}

/** A server whose disk fails while it starts gets ready, or says that it cannot; the next one starts. */
async function strikeStart(parts: Parts, strike: Strike): Promise<string[]> {
  const { shim, load } = parts
  await fillABit(parts)
  shim.strike(strike)
  {
    await using server = serverOf(parts)
    const url = await server.listening.catch(() => undefined)
    if (url === undefined) {
      const { code, signal } = await server.exited
      const isSaid = code === exit.notStarted || code === exit.storeFailed
      if (!isSaid) return [`a start on a failing disk ended with ${signal ?? code}`]
    } else {
      await load.tell({ kind: 'run', url })
      await Promise.race([server.exited, pause(maxFaultMs)])
      await load.tell({ kind: 'rest', url })
    }
  }
  shim.heal()
  return checkRestarted(parts)
}

async function fillABit(parts: Parts): Promise<void> {
  await using server = serverOf(parts)
  const url = await server.listening
  await parts.load.tell({ kind: 'run', url })
  await pause(maxQuietMs)
  // In the middle of everything: what the next one has to put in order is then something.
  await server.kill()
  await parts.load.tell({ kind: 'rest', url })
}

async function checkRestarted(parts: Parts): Promise<string[]> {
  const { checker, disk, load } = parts
  await using server = serverOf(parts)
  const store = await waitUntilReady(server, disk).catch((thrown: unknown) => String(thrown))
  if (typeof store === 'string') return [`I9: a start on the healed disk: ${store}`]
  return [...(await checker.checkNow(store)), ...(await checker.checkAtEnd(store, load))]
}

function serverOf({ trial, start, disk, shim }: Parts): ServerProcess {
  return startOnDisk({ ...start, disk, folder: trial.folder, env: { ...start.env, ...shim.env } })
}
