/** What the program says while and after it tries a fault. Within 80 columns where it is painted. */
import { counted, formatCount } from '../../src/cli/format.ts'
import { barText } from '../../src/cli/terminal-line.ts'
import type { Failure, FaultRun } from './run-fault.ts'

const barWidth = 16

export interface Bounds {
  readonly trials: number
  readonly maxMs: number
}

/** On a terminal. */
export function paintedText(run: FaultRun, bounds: Bounds): string {
  const fraction = Math.max(run.trials / bounds.trials, run.elapsedMs / bounds.maxMs)
  return `${barText(fraction, barWidth)} ${progressText(run, bounds)}`
}

export function progressText({ fault, trials, tried, elapsedMs }: FaultRun, bounds: Bounds): string {
  const counts = `${formatCount(trials)} of ${counted(bounds.trials, 'trial')}, ${formatCount(tried)} ${fault.unit}`
  return `${fault.name}: ${counts}, ${durationText(elapsedMs)}`
}

export function summaryText({ fault, trials, tried, violation, elapsedMs }: FaultRun): string {
  const held = violation === undefined ? 'no violation' : 'A PROMISE WAS BROKEN'
  return `  ${counted(trials, 'trial')}, ${formatCount(tried)} ${fault.unit} in ${durationText(elapsedMs)}: ${held}`
}

/** Everything that somebody needs to look into it, and to see it again. */
export function failureText({ fault, violation }: FaultRun, { seed, folder, texts }: Failure, command: string): string {
  const title = violation === undefined ? 'could not be tried' : 'VIOLATION'
  return [
    `${title}: ${fault.name}, seed ${seed}`,
    ...texts.map((text) => `  ${text}`),
    `Everything that the trial left: ${folder}`,
    `Again: ${command} --only ${fault.name} --seed ${seed} --trials 1`,
  ].join('\n')
}

function durationText(ms: number): string {
  const seconds = Math.round(ms / 1000)
  const minutes = Math.floor(seconds / 60)
  return minutes === 0 ? `${seconds} s` : `${minutes}:${String(seconds % 60).padStart(2, '0')} min`
}
