/** Row 1 of the program: kill -9 at random moments, under load and during the start. */

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { folderDisk } from '../disk/store-disk.ts'
import type { Fault, Trial, TrialResult } from '../fault.ts'
import { runCrashTrial } from '../oracle/crash-trial.ts'
import type { ServerStart } from '../server-process.ts'

export interface KillOptions extends ServerStart {
  /** On the same store. */
  readonly kills?: number
}

const defaultKills = 10
const publishers = 64
const maxLoadMs = 500

export const killFault: Fault = {
  name: 'kill',
  what: 'kill -9 at random moments under load and during the start',
  unit: 'kills',
  independentUnit: 'kill',
  trials: 200,
  run: (trial) => runKills(trial),
}

export function runKills(trial: Trial, { kills = defaultKills, ...start }: KillOptions = {}): Promise<TrialResult> {
  const folder = join(trial.folder, 'disk')
  mkdirSync(folder)
  return runCrashTrial(trial, {
    ...start,
    name: 'kill',
    disk: folderDisk(folder),
    crashes: kills,
    publishers,
    maxLoadMs,
  })
}
