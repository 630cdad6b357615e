/** Row 2 of the program: the power is cut at random moments, under load and during the start. */
import { join } from 'node:path'
import { openLoopDisk } from '../disk/loop-disk.ts'
import type { Fault, Trial, TrialResult } from '../fault.ts'
import { runCrashTrial } from '../oracle/crash-trial.ts'
import type { ServerStart } from '../server-process.ts'

export interface PowerOptions extends ServerStart {
  /** One after the other, each on the disk that the one before has left. */
  readonly cuts?: number
}

const defaultCuts = 5
const publishers = 64
const maxLoadMs = 500
/** Copied at every cut. */
const diskMiB = 128

export const powerFault: Fault = {
  name: 'power',
  what: 'power cut: only what was synced is left, and the server starts on it',
  unit: 'power cuts',
  independentUnit: 'power cut',
  trials: 200,
  run: (trial) => runPowerCuts(trial),
}

export async function runPowerCuts(
  trial: Trial,
  { cuts = defaultCuts, ...start }: PowerOptions = {},
): Promise<TrialResult> {
  await using disk = await openLoopDisk({ mountPoint: join(trial.folder, 'mnt'), sizeMiB: diskMiB })
  return await runCrashTrial(trial, { ...start, name: 'power', disk, crashes: cuts, publishers, maxLoadMs })
}
