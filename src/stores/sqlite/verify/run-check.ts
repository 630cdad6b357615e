/** One check of a file: what SQLite says of a damaged page is a problem of the check, not the end of all checks. */
import { CheckLog } from '../../check-log.ts'
import { IndexDamagedError } from '../index-damaged-error.ts'
import { isDamageError } from '../sqlite-error.ts'

export interface CheckName {
  readonly name: string
  readonly unit: string
}

/** @throws what says nothing about the file. */
export function runCheck({ name, unit }: CheckName, check: (log: CheckLog) => void): CheckLog {
  const log = new CheckLog(name, unit)
  try {
    check(log)
  } catch (thrown) {
    if (thrown instanceof IndexDamagedError) log.problem(thrown.damage)
    else if (isDamageError(thrown)) log.problem(`the file cannot be read: ${thrown.message}; the rest was not checked`)
    else throw thrown
  }
  return log
}
