/**
 * Row 3 of the program: what was written and not synced by a process that died is there for the next one to read. Nobody
 * may be told that it is stored, neither a reader nor a publisher who retries, before it is safe from a power cut.
 */
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { buildDiskShim, type DiskShim } from '../disk/disk-shim.ts'
import { openLoopDisk } from '../disk/loop-disk.ts'
import type { StoreDisk } from '../disk/store-disk.ts'
import type { Fault, Trial, TrialResult } from '../fault.ts'
import { Checker } from '../oracle/checker.ts'
import { type Connections, openConnections } from '../oracle/load/http-calls.ts'
import { sendRecorded } from '../oracle/load/send-recorded.ts'
import { openRecorder, type Recorder } from '../oracle/record.ts'
import { eventOf, keyOf } from '../oracle/sent-event.ts'
import { startAndWait, startOnDisk } from '../oracle/start-and-wait.ts'
import { type Random, seededRandom } from '../random.ts'
import { isStopped, type ServerStart } from '../server-process.ts'

const diskMiB = 64
const maxBatchEvents = 100
const pollMs = 2
const maxWaitMs = 10_000
/** Rarely another commit than the one of the events is the one that is suspended. */
const maxAttempts = 3
/** More than one, so that more is acknowledged than the suspended commit has counted. */
const retries = 2

export const suspendedCommitFault: Fault = {
  name: 'suspended-commit',
  what: 'killed between the write and the sync of a commit; read or retried after the restart; then the power is cut',
  unit: 'suspended commits',
  independentUnit: 'suspended commit',
  trials: 20,
  run: (trial) => runSuspendedCommits(trial),
}

/** How somebody comes to believe that an event is stored. */
const beliefs = ['read', 'retried'] as const

interface Parts {
  readonly trial: Trial
  readonly start: ServerStart
  readonly disk: StoreDisk
  readonly random: Random
  readonly checker: Checker
  readonly recorder: Recorder
  readonly connections: Connections
  readonly shim: DiskShim
}

/** @returns `tried`: the commits that were suspended and seen again after the restart. */
export async function runSuspendedCommits(trial: Trial, start: ServerStart = {}): Promise<TrialResult> {
  await using disk = await openLoopDisk({ mountPoint: join(trial.folder, 'mnt'), sizeMiB: diskMiB })
  const checker = new Checker('suspended-commit', trial)
  using recorder = openRecorder(checker.historyFile)
  using connections = openConnections(2)
  const random = seededRandom(trial.seed)
  const parts: Parts = { trial, start, disk, random, checker, recorder, connections, shim: buildDiskShim(trial.folder) }
  let tried = 0
  for (const belief of beliefs) {
    let isSeen = false
    for (let attempt = 1; !isSeen; attempt++) {
      if (attempt > maxAttempts) throw new Error('no commit that was suspended was seen after the restart')
      const keys = newKeys(random, `${belief}-${attempt}`)
      await suspendCommit(parts, keys)
      isSeen = await believe(parts, keys, belief)
      const violations = await checkAfterCut(parts)
      if (violations.length > 0) return { tried, violations: checker.report(violations, `after they were ${belief}`) }
    }
    tried++
  }
  return { tried, violations: [] }
}

function newKeys(random: Random, name: string): string[] {
  return Array.from({ length: random.whole(1, maxBatchEvents) }, (_, index) => keyOf('orders.paid', `${name}-${index}`))
}

/** Kills a server whose commit of these events is written, but not synced. */
async function suspendCommit(parts: Parts, keys: readonly string[]): Promise<void> {
  const { trial, disk, recorder, connections, shim } = parts
  const env = { ...parts.start.env, ...shim.env() }
  await using server = await startAndWait({ ...parts.start, env, disk, folder: trial.folder })
  const { url } = server.store
  // The first commit of a WAL also syncs its header; the one that is suspended must not be that one.
  await sendRecorded({ url, keys: [keyOf('users', keys[0] ?? '')], connections, recorder })
  shim.suspendBefore('sync')
  const sending = sendRecorded({ url, keys, connections, recorder })
  for (let waitedMs = 0; !isStopped(server.pid); waitedMs += pollMs) {
    if (waitedMs > maxWaitMs) throw new Error('the server was not suspended: is the shim loaded?')
    await pause(pollMs, undefined, { signal: trial.signal })
  }
  await server.kill()
  await sending
}

/** On the same machine, which goes on. @returns whether the events were there; ends with a power cut. */
async function believe(parts: Parts, keys: readonly string[], belief: (typeof beliefs)[number]): Promise<boolean> {
  const { trial, disk, recorder, connections } = parts
  await using server = startOnDisk({ ...parts.start, disk, folder: trial.folder })
  // Not asked whether it is ready: its proof that it can write would make everything before it safe.
  const url = await server.listening
  const [first = ''] = keys
  const { topic, eventId } = eventOf(first)
  const path = `/events/${topic}/${encodeURIComponent(eventId)}`
  const answer = await connections.call({ url: url + path, method: 'GET' })
  const isSeen = answer.status === 200
  if (isSeen && belief === 'read') {
    recorder.write([{ kind: 'tailed', tail: eventId, seq: parseSeq(answer.body), key: first }])
  }
  for (let retry = 0; belief === 'retried' && retry < retries; retry++) {
    await sendRecorded({ url, keys, connections, recorder })
  }
  await disk.crash(server)
  return isSeen
}

async function checkAfterCut({ start, disk, trial, checker }: Parts): Promise<string[]> {
  await using server = await startAndWait({ ...start, disk, folder: trial.folder })
  return await checker.checkNow(server.store)
}

function parseSeq(body: string): number {
  return (JSON.parse(body) as { seq: number }).seq
}
