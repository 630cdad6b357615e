/** Row 11 of the program: two processes on one file. One of them serves, the other refuses, and nothing comes of it. */
import { mkdirSync, symlinkSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { folderDisk } from '../disk/store-disk.ts'
import type { Fault, Trial, TrialResult } from '../fault.ts'
import { Checker } from '../oracle/checker.ts'
import { startLoad } from '../oracle/load-process.ts'
import { startOnDisk, waitUntilReady } from '../oracle/start-and-wait.ts'
import { type ServerProcess, type ServerStart, startServer } from '../server-process.ts'

const publishers = 16
const refusal = 'in use by another sekali process'

export const twoProcessesFault: Fault = {
  name: 'two-processes',
  what: 'two servers are started on one file at once, and a third under load, by another name of the file',
  unit: 'servers refused',
  trials: 20,
  run: (trial) => runTwoProcesses(trial),
}

export async function runTwoProcesses(trial: Trial, start: ServerStart = {}): Promise<TrialResult> {
  const folder = join(trial.folder, 'disk')
  mkdirSync(folder)
  const disk = folderDisk(folder)
  const checker = new Checker('two-processes', trial)
  await using load = startLoad({ seed: trial.seed, file: checker.historyFile, publishers })
  const options = { ...start, disk, folder: trial.folder }
  await using one = startOnDisk(options)
  await using two = startOnDisk(options)
  // Which of them serves is a matter of luck.
  const serving = await Promise.any([one.listening.then(() => one), two.listening.then(() => two)])
  const store = await waitUntilReady(serving, disk)
  await load.tell({ kind: 'run', url: store.url })
  const refused = serving === one ? two : one
  const violations = await faultsOf('the second server', refused, join(trial.folder, 'server.log'))

  const link = join(folder, 'link.db')
  symlinkSync(join(folder, 'events.db'), link)
  const logFile = join(trial.folder, 'third.log')
  await using third = startServer({ ...start, store: `sqlite:${link}`, logFile })
  violations.push(...(await faultsOf('a third server', third, logFile)))
  await load.tell({ kind: 'rest', url: store.url })
  violations.push(...(await checker.checkNow(store)), ...(await checker.checkAtEnd(store, load)))
  return { tried: 2, violations: checker.report(violations, 'after the others were refused') }
}

async function faultsOf(name: string, server: ServerProcess, logFile: string): Promise<string[]> {
  const url = await server.listening.catch(() => undefined)
  if (url !== undefined) return [`${name} on the file listens as well, at ${url}`]
  const { code, signal } = await server.exited
  const faults = code === 1 ? [] : [`${name} ended with ${signal ?? code}, not with 1`]
  // The log is written by a stream, which may be a moment behind the exit.
  await server[Symbol.asyncDispose]()
  const log = await readFile(logFile, 'utf8')
  return log.includes(refusal) ? faults : [...faults, `${name} did not say that the file is ${refusal}`]
}
