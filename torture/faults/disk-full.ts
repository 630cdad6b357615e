/**
 * Row 5 of the program: the disk becomes full under load, and later there is room again. Publishers are told to try
 * again, reads go on, and nobody has to start anything anew.
 */
import { closeSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { openLoopDisk } from '../disk/loop-disk.ts'
import type { Fault, Trial, TrialResult } from '../fault.ts'
import { Checker } from '../oracle/checker.ts'
import { startLoad } from '../oracle/load-process.ts'
import { watchReads } from '../oracle/read-watch.ts'
import { startAndWait } from '../oracle/start-and-wait.ts'
import { seededRandom } from '../random.ts'
import type { ServerStart } from '../server-process.ts'

const publishers = 16
const diskMiB = 64
const rounds = 2
/** What is left for the load to fill; less would be full at once. */
const minRoomKib = 64
const maxRoomKib = 4096
const ballastBytes = 64 * 1024
const pollMs = 20
const maxWaitMs = 30_000
const maxFarewellMs = 2000
/** How long the load goes on against the full disk. */
const maxFullMs = 300

export const diskFullFault: Fault = {
  name: 'disk-full',
  what: 'a disk of 64 MiB becomes full under load, twice, and is freed while the server runs',
  unit: 'acknowledged events',
  trials: 20,
  run: (trial) => runDiskFull(trial),
}

/** @returns `tried`: the acknowledged events. */
export async function runDiskFull(trial: Trial, start: ServerStart = {}): Promise<TrialResult> {
  const random = seededRandom(trial.seed)
  await using disk = await openLoopDisk({ mountPoint: join(trial.folder, 'mnt'), sizeMiB: diskMiB })
  const checker = new Checker(diskFullFault.name, trial)
  await using load = startLoad({ seed: trial.seed, file: checker.historyFile, publishers })
  await using server = await startAndWait({ ...start, disk, folder: trial.folder })
  const { url } = server.store
  const ended = server.exited.then(({ code, signal }) => `the server ended with ${signal ?? code}`)
  const endedEarly = ended.then((text) => {
    throw new Error(text)
  })
  endedEarly.catch(() => {})
  const violations: string[] = []
  for (let round = 0; round < rounds && violations.length === 0; round++) {
    const reads = watchReads({ url, refusals: 'never' })
    try {
      await load.tell({ kind: 'run', url })
      {
        using _ballast = takeRoom(dirname(disk.file()), random.whole(minRoomKib, maxRoomKib) * 1024)
        await Promise.race([endedEarly, readinessBecomes(url, 503)])
        await Promise.race([endedEarly, pause(random.whole(0, maxFullMs), undefined, { signal: trial.signal })])
      }
      // Under load as before: it heals by itself.
      await Promise.race([endedEarly, readinessBecomes(url, 200)])
    } catch (thrown) {
      trial.signal.throwIfAborted()
      // The connection is gone a moment before the process is.
      violations.push(await Promise.race([ended, pause(maxFarewellMs, String(thrown))]))
    }
    violations.push(...(await reads.stop()))
    await load.tell({ kind: 'rest', url })
    if (violations.length === 0) violations.push(...(await checker.checkNow(server.store)))
  }
  if (violations.length === 0) violations.push(...(await checker.checkAtEnd(server.store, load)))
  return { tried: checker.ackedEvents, violations: checker.report(violations, 'a full disk') }
}

/** Fills the disk until so much is left; gives it back when it is disposed of. */
function takeRoom(folder: string, leftBytes: number): Disposable {
  const path = join(folder, 'ballast')
  const fd = openSync(path, 'w')
  const isLeft = () => {
    const { bavail, bsize } = statfsSync(folder)
    return bavail * bsize <= leftBytes
  }
  try {
    while (!isLeft()) writeSync(fd, Buffer.alloc(ballastBytes))
  } catch (thrown) {
    if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOSPC')) throw thrown
  } finally {
    closeSync(fd)
  }
  return { [Symbol.dispose]: () => rmSync(path) }
}

/** @throws Error when that takes too long, or when what it says is something else than that the disk is full. */
async function readinessBecomes(url: string, status: 200 | 503): Promise<void> {
  for (let waitedMs = 0; waitedMs < maxWaitMs; waitedMs += pollMs) {
    const answer = await fetch(`${url}/readyz`)
    const text = await answer.text()
    if (answer.status === 503 && !text.includes('the disk is full')) throw new Error(`/readyz says: ${text}`)
    if (answer.status === status) return
    await pause(pollMs)
  }
  throw new Error(`/readyz did not answer ${status} in ${maxWaitMs} ms`)
}
