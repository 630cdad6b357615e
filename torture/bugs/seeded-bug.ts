/**
 * A bug that is put into the program on purpose, while it is loaded, to see that a check notices it. What is published
 * has no part of this: the text of one file under `src/` is changed by a hook of the process that is started with it.
 */

import type { SourceChange } from './apply-change.ts'

export interface SeededBug extends SourceChange {
  /** What the program then does, in a few words, for the report. */
  readonly what: string
  /** Each of them goes red, and says this of it. */
  readonly caughtBy: readonly Catcher[]
}

export type Catcher = TestCatcher | FaultCatcher

/** A test that is there anyway. */
export interface TestCatcher {
  readonly kind: 'test'
  /** Relative to the repository. */
  readonly file: string
  /** The beginning of its name. */
  readonly test: string
  /** What it says when it has noticed this bug, and not just any failure. */
  readonly sign: RegExp
}

export interface FaultCatcher {
  readonly kind: 'fault'
  /** Its name. */
  readonly fault: string
  /** A violation that says what this bug breaks. */
  readonly sign: RegExp
}

/** Names the bug to the hook. */
export const bugVariable = 'SEKALI_SEEDED_BUG'
