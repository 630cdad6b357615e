/**
 * Keeps what was tried: one file per fault, with one entry per commit and machine that all runs of it add up to, and the
 * page made of all files.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describeCommit, describeMachine, type Machine } from '../../bench/machine.ts'
import { version } from '../../src/app/own-package.ts'
import { renderPage } from './page.ts'
import type { Program } from './program.ts'
import type { FaultRun } from './run-fault.ts'

/** Of one fault on one commit and machine. */
export interface KeptEntry {
  /** Of the last run that was added. */
  readonly triedAt: string
  readonly sekali: string
  readonly commit: string
  /** Of the last run that was added. */
  readonly command: string
  readonly machine: Machine
  readonly trials: number
  readonly tried: number
  readonly seconds: number
  readonly runs: number
  readonly violations: readonly { readonly seed: number; readonly texts: readonly string[] }[]
}

export interface KeptResult {
  readonly fault: string
  readonly unit: string
  /** The newest first. */
  readonly entries: readonly KeptEntry[]
}

/** Of the commits before the last ones there is git. */
const maxEntries = 20

/** @returns the files, as the repository names them. */
export function keepRun(run: FaultRun, program: Program & { readonly typed: string }): string[] {
  const { resultsFolder, pageFile, faults, bugs } = program
  mkdirSync(resultsFolder, { recursive: true })
  const entry = entryOf(run, program.typed)
  const { name, unit } = run.fault
  const file = fileOf(resultsFolder, name)
  const entries = addEntry(readResult(file)?.entries ?? [], entry)
  writeFileSync(file, `${JSON.stringify({ fault: name, unit, entries } satisfies KeptResult, undefined, 2)}\n`)
  const results = faults.map((fault) => ({ fault, result: readResult(fileOf(resultsFolder, fault.name)) }))
  const page = renderPage(readFileSync(pageFile, 'utf8'), { results, bugs })
  writeFileSync(pageFile, page)
  return [`torture/results/${basename(fileURLToPath(file))}`, `docs/${basename(fileURLToPath(pageFile))}`]
}

/** Trials on the same commit and machine are trials of the same thing: they add up. */
export function addEntry(entries: readonly KeptEntry[], entry: KeptEntry): KeptEntry[] {
  const isSame = (other: KeptEntry) =>
    other.commit === entry.commit && JSON.stringify(other.machine) === JSON.stringify(entry.machine)
  const before = entries.find(isSame)
  const others = entries.filter((other) => !isSame(other))
  if (before === undefined) return [entry, ...others].slice(0, maxEntries)
  const sum = {
    ...entry,
    trials: before.trials + entry.trials,
    tried: before.tried + entry.tried,
    seconds: before.seconds + entry.seconds,
    runs: before.runs + entry.runs,
    violations: [...before.violations, ...entry.violations],
  }
  return [sum, ...others]
}

function entryOf({ trials, tried, elapsedMs, violation }: FaultRun, typed: string): KeptEntry {
  return {
    triedAt: new Date().toISOString(),
    sekali: version,
    commit: describeCommit(),
    command: typed,
    machine: describeMachine(),
    trials,
    tried,
    seconds: Math.round(elapsedMs / 1000),
    runs: 1,
    violations: violation === undefined ? [] : [{ seed: violation.seed, texts: violation.texts }],
  }
}

function fileOf(folder: URL, name: string): URL {
  return new URL(`${name}.json`, folder)
}

/** @returns undefined when nothing was ever kept. */
function readResult(file: URL): KeptResult | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as KeptResult
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return undefined
    throw thrown
  }
}
