/** What a benchmark of this folder looks like to the command line; see main.ts. */
import type { TerminalLine } from '../src/cli/terminal-line.ts'

export interface BenchCommand {
  /** On the command line, and of its result file. */
  readonly name: string
  readonly summary: string
  readonly options: Readonly<Record<string, BenchOption>>
  /** @throws Error when an option is wrong, a server ends, or the books do not add up; the signal's reason. */
  run(flags: Flags, bench: Bench): Promise<Report>
}

export interface BenchOption {
  readonly description: string
  /** Undefined: it may be left out. */
  readonly default?: string
}

/** Options as typed, with the defaults of those that were not. */
export type Flags = Readonly<Record<string, string | undefined>>

/** What a run is given. */
export interface Bench {
  readonly signal: AbortSignal
  /** Where progress is painted. */
  readonly line: TerminalLine
  print(text: string): void
}

export interface Report {
  /** Becomes JSON, under what every result has: machine, commit, command. */
  readonly result: Readonly<Record<string, unknown>>
  readonly budgets: readonly Budget[]
  readonly picture?: string
}

/** One promise of speed, and whether this run kept it. */
export interface Budget {
  readonly what: string
  /** Such as `≥ 200,000 events/s`. */
  readonly limit: string
  /** The figure that is compared; which statistic it is says `what` or `limit`. */
  readonly measured: string
  readonly isKept: boolean
}
