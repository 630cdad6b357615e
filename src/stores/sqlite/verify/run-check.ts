/** One step of a check: what SQLite says of a damaged page is a problem of the check, not the end of all checks. */
import type { CheckLog } from '../../check-log.ts'
import { IndexDamagedError } from '../index-damaged-error.ts'
import { isDamageError } from '../sqlite-error.ts'

/** @returns undefined after damage. @throws what says nothing about the file. */
export function runCheck<T>(log: CheckLog, check: () => T): T | undefined {
  try {
    return check()
  } catch (thrown) {
    if (thrown instanceof IndexDamagedError) log.problem(thrown.damage)
    else if (isDamageError(thrown)) log.problem(`the file cannot be read: ${thrown.message}; the rest was not checked`)
    else throw thrown
    return undefined
  }
}
