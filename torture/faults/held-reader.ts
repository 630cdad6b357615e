/** Row 15 of the program: somebody else's read transaction, held open under load, keeps the WAL from being reused. */
import { mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as pause } from 'node:timers/promises'
import { folderDisk } from '../disk/store-disk.ts'
import type { Fault, Trial, TrialResult } from '../fault.ts'
import { Checker } from '../oracle/checker.ts'
import { startLoad } from '../oracle/load-process.ts'
import { startAndWait } from '../oracle/start-and-wait.ts'
import type { ServerStart } from '../server-process.ts'

export interface HeldReaderOptions extends ServerStart {
  readonly heldMs?: number
}

const defaultHeldMs = 60_000
const publishers = 64
const maxWalBytes = 256 * 1024 * 1024
const pollMs = 20

export const heldReaderFault: Fault = {
  name: 'held-reader',
  what: 'a foreign read transaction is held open for a minute under load',
  unit: 'acknowledged events',
  trials: 1,
  run: (trial) => runHeldReader(trial),
}

export async function runHeldReader(
  trial: Trial,
  { heldMs = defaultHeldMs, ...start }: HeldReaderOptions = {},
): Promise<TrialResult> {
  const folder = join(trial.folder, 'disk')
  mkdirSync(folder)
  const disk = folderDisk(folder)
  const checker = new Checker('held-reader', trial)
  await using load = startLoad({ seed: trial.seed, file: checker.historyFile, publishers })
  await using server = await startAndWait({ ...start, disk, folder: trial.folder })
  const { store } = server
  const reader = new DatabaseSync(store.file, { readOnly: true })
  reader.exec('BEGIN')
  reader.prepare('SELECT count(*) FROM event').get()
  await load.tell({ kind: 'run', url: store.url })
  let largestBytes = 0
  const endsAtMs = performance.now() + heldMs
  while (performance.now() < endsAtMs && largestBytes < maxWalBytes) {
    await pause(pollMs, undefined, { signal: trial.signal })
    largestBytes = Math.max(largestBytes, statSync(`${store.file}-wal`).size)
  }
  reader.close()
  await load.tell({ kind: 'rest', url: store.url })
  const mebibytes = Math.round(largestBytes / 1024 / 1024)
  const violations =
    largestBytes < maxWalBytes
      ? []
      : [`the WAL grew to ${mebibytes} MiB while somebody read; less than 256 are allowed`]
  violations.push(...(await checker.checkAtEnd(store, load)))
  return { tried: checker.ackedEvents, violations: checker.report(violations, 'with a reader held open') }
}
