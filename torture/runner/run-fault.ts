/** Tries one fault over and over, each time with another seed and in another folder, until something does not hold. */
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Fault } from '../fault.ts'
import { seedBound } from './options.ts'

/** One that takes longer has got stuck. */
const maxTrialMs = 30 * 60_000

export interface Failure {
  readonly seed: number
  /** What the trial left there. */
  readonly folder: string
  /** Promises that did not hold; or why the trial could not be made. */
  readonly texts: readonly string[]
}

export interface FaultRun {
  readonly fault: Fault
  readonly firstSeed: number
  /** That came to an end, also the one with the violation. */
  readonly trials: number
  readonly tried: number
  readonly elapsedMs: number
  /** The first, which is also the last. */
  readonly violation: Failure | undefined
  /** A set-up that does not work here says nothing about the promises, and is not a success either. */
  readonly trouble: Failure | undefined
}

export interface FaultRunOptions {
  readonly fault: Fault
  readonly firstSeed: number
  readonly trials: number
  /** No trial begins after this much time. The first one begins in any case. */
  readonly maxMs: number
  /** Where each trial gets a folder of its own. */
  readonly folder: string
  readonly signal: AbortSignal
  readonly onTrial: (run: FaultRun) => void
}

/** Resolves also when it was stopped, with what was tried until then. */
export async function runFault(options: FaultRunOptions): Promise<FaultRun> {
  const { fault, firstSeed, trials, maxMs, signal, onTrial } = options
  const startedAtMs = performance.now()
  let run: FaultRun = {
    fault,
    firstSeed,
    trials: 0,
    tried: 0,
    elapsedMs: 0,
    violation: undefined,
    trouble: undefined,
  }
  while (run.trials < trials && !signal.aborted && run.violation === undefined && run.trouble === undefined) {
    if (run.trials > 0 && run.elapsedMs >= maxMs) break
    const made = await tryOnce(options, (firstSeed + run.trials) % seedBound)
    if (made === undefined) break
    const { tried, ...failures } = made
    const ended = failures.trouble === undefined ? 1 : 0
    run = { ...run, ...failures, trials: run.trials + ended, tried: run.tried + tried }
    run = { ...run, elapsedMs: performance.now() - startedAtMs }
    onTrial(run)
  }
  return run
}

/** @returns undefined when it was stopped before its end. */
async function tryOnce(
  { fault, folder: parent, signal }: FaultRunOptions,
  seed: number,
): Promise<Pick<FaultRun, 'tried' | 'violation' | 'trouble'> | undefined> {
  const folder = join(parent, `${fault.name}-${seed}`)
  mkdirSync(folder)
  const timeout = AbortSignal.timeout(maxTrialMs)
  try {
    const { tried, violations } = await fault.run({ seed, folder, signal: AbortSignal.any([signal, timeout]) })
    const violation = violations.length === 0 ? undefined : { seed, folder, texts: violations }
    if (violation === undefined) rmSync(folder, { recursive: true, force: true })
    return { tried, violation, trouble: undefined }
  } catch (thrown) {
    if (!signal.aborted) return { tried: 0, violation: undefined, trouble: { seed, folder, texts: [textOf(thrown)] } }
    rmSync(folder, { recursive: true, force: true })
    return undefined
  }
}

function textOf(thrown: unknown): string {
  return thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)
}
