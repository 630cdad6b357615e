/** Writes the rollups when no append does: a store that falls idle shows all it received. Lives in the writer thread. */
import type { DatabaseSync } from 'node:sqlite'
import { inTransaction } from '../transaction.ts'
import { type RateWriter, writeEveryMs } from './rate-writer.ts'

export interface RateTimer {
  /** To be called after every commit; does nothing when all is written. */
  start(): void
  /** Writes what is left. */
  end(): void
}

export interface RateTimerOptions {
  readonly db: DatabaseSync
  readonly rates: RateWriter
  /** Not after the disk has failed. */
  readonly mayWrite: () => boolean
  readonly onWritten: () => void
  /** Told of a commit that failed; it is tried again. */
  readonly onFailure: (thrown: unknown) => void
}

/** Later than an append would do it: while there are appends, this has nothing to do. */
const waitMs = 1.3 * writeEveryMs

export function openRateTimer({ db, rates, mayWrite, onWritten, onFailure }: RateTimerOptions): RateTimer {
  let timer: NodeJS.Timeout | undefined

  function write(): void {
    if (!mayWrite()) return
    try {
      inTransaction(db, () => rates.write())
      rates.settle()
      onWritten()
    } catch (thrown) {
      rates.undo()
      onFailure(thrown)
    }
  }

  function start(): void {
    if (timer !== undefined || !rates.isDirty) return
    timer = setTimeout(() => {
      timer = undefined
      if (rates.isDirty && rates.isDue) write()
      start()
    }, waitMs)
  }

  return {
    start,
    end() {
      clearTimeout(timer)
      if (rates.isDirty) write()
    },
  }
}
