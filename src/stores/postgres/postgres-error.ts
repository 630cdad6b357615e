/** What an error of the server or of its driver means for the caller. The only place that knows SQLSTATEs. */
import pg from 'pg'
import { AppError } from '../../core/errors.ts'

const sqlState = {
  diskFull: '53100',
  readOnly: '25006',
  uniqueViolation: '23505',
  lockTimeout: '55P03',
  undefinedSetting: '42704',
  invalidValue: '22023',
} as const
/** Operator intervention (the server stops or starts), system and internal errors. */
const classesOfALostSession = ['08', '57', '58', 'XX']

/** Never `store_failed`: what the server holds does not depend on this process, which may go on whatever happens. */
export function fromPostgresError(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown
  if (sqlStateOf(thrown) === sqlState.diskFull) {
    return new AppError('disk_full', 'the disk of PostgreSQL is full; try again when there is room', { cause: thrown })
  }
  return new AppError('store_unavailable', `PostgreSQL cannot answer: ${textOf(thrown)}`, { cause: thrown })
}

/** Whether to connect again instead of going on: also when the primary has become a standby, or perhaps is none any more. */
export function isSessionLost(thrown: unknown): boolean {
  const code = sqlStateOf(thrown)
  if (code === undefined || isLockTimeout(thrown)) return true
  return code === sqlState.readOnly || classesOfALostSession.includes(code.slice(0, 2))
}

/** Whoever holds the lock does not come to an end: perhaps a commit that waits for standbys. */
export function isLockTimeout(thrown: unknown): boolean {
  return sqlStateOf(thrown) === sqlState.lockTimeout
}

/** @param thrown also as `fromPostgresError` makes it. */
export function isUniqueViolation(thrown: unknown): boolean {
  const error = thrown instanceof AppError ? thrown.cause : thrown
  return sqlStateOf(error) === sqlState.uniqueViolation
}

/** What the server holds cannot be right. @param thrown as a connection makes it. */
export function isCorruption(thrown: unknown): boolean {
  return thrown instanceof AppError && sqlStateOf(thrown.cause)?.startsWith('XX') === true
}

/** A setting that this server does not have, or does not let anybody change. */
export function isUnsupportedSetting(thrown: unknown): boolean {
  const code = sqlStateOf(thrown)
  return code === sqlState.undefinedSetting || code === sqlState.invalidValue
}

/** Undefined when the server said nothing: the connection is at fault. */
function sqlStateOf(thrown: unknown): string | undefined {
  return thrown instanceof pg.DatabaseError ? thrown.code : undefined
}

function textOf(thrown: unknown): string {
  // A connection that tried several addresses has one error for each.
  if (thrown instanceof AggregateError) return thrown.errors.map(textOf).join('; ')
  const text = thrown instanceof Error ? thrown.message : String(thrown)
  const code = sqlStateOf(thrown)
  return code === undefined ? text : `${text} (SQLSTATE ${code})`
}
