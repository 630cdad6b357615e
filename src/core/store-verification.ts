/** The port for checking a whole store: what was looked at, what is wrong, and what could not be looked at. Changes nothing. */

/** Problems that a check describes; it counts all of them. */
export const maxDescribedProblems = 100

/** One thing that has to hold. */
export interface CheckReport {
  /** Stable, for programs: `events`, `dedup_index`. */
  readonly name: string
  /** How many of what the check looked at. */
  readonly checked: number
  readonly unit: string
  readonly problems: number
  /** The first of them, up to `maxDescribedProblems`, each a sentence. */
  readonly described: readonly string[]
  /** What this check did not see, and why. */
  readonly notes: readonly string[]
}

export interface VerificationReport {
  readonly engine: string
  /** The end of the log in the snapshot that was checked; undefined when it could not be read. */
  readonly lastSeq: number | undefined
  readonly checks: readonly CheckReport[]
  /** What mends what was found, or what it means. */
  readonly advice: readonly string[]
}

export interface VerificationProgress {
  /** The check under way. */
  readonly check: string
  /** 0 to 1, of the check; undefined when that is not known. */
  readonly fraction: number | undefined
}

export interface StoreVerification {
  /**
   * Checks one snapshot of the store, also while servers write to it. Memory is bounded, however many events there are.
   *
   * @throws AppError when the store cannot be checked at all; the signal's reason.
   */
  run(options: {
    readonly signal: AbortSignal
    readonly onProgress: (progress: VerificationProgress) => void
  }): Promise<VerificationReport>
}
