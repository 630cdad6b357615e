/**
 * What every fault of the torture program is: one trial of something that may break a promise.
 *
 * A fault lives in `torture/faults/`; the runner tries it over and over with other seeds, and a test in `test/` tries it a
 * few times in every run. A trial sets up everything it needs in its folder, so that what it leaves there, with its seed,
 * is enough to look into a violation.
 */

export interface Trial {
  /** 0 to 2^32 - 1. All that a trial draws at random it draws from this. */
  readonly seed: number
  /** An empty folder of its own; removed by the caller when the trial held. */
  readonly folder: string
  /** Aborted when the run is stopped; the trial then ends its processes and rejects with the signal's reason. */
  readonly signal: AbortSignal
}

export interface TrialResult {
  /** Events acknowledged to publishers during the trial, or histories, requests, seeds: what the fault counts. */
  readonly tried: number
  /** Promises that did not hold, each in a sentence that says what was expected and what was found. Empty: it held. */
  readonly violations: readonly string[]
  /** Figures for the report, by a name that ends in its unit. Nobody judges them: they depend on the machine. */
  readonly measured?: Readonly<Record<string, number>>
}

export interface Fault {
  /** As in `npm run torture -- --only NAME`. */
  readonly name: string
  /** What is done, in a few words, for the report. */
  readonly what: string
  /** What `tried` counts: `acknowledged events`, `requests`. */
  readonly unit: string
  /**
   * One of what `tried` counts, when each is an experiment of its own, as a `kill` is. Events of one trial live and die
   * together: a fault that counts such leaves this out, and only its trials are independent.
   */
  readonly independentUnit?: string
  /** Trials of one long run. */
  readonly trials: number
  /** Rejects only for a set-up that cannot work on this machine, or when stopped. */
  run(trial: Trial): Promise<TrialResult>
}
