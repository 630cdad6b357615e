/** What an error of the engine means for the caller. The only place that knows SQLite's result codes. */
import { AppError, type ErrorCode } from '../../core/errors.ts'

const resultCode = { busy: 5, ioError: 10, corrupt: 11, full: 13, notADatabase: 26 } as const
/** Growing the shared-memory file failed, which is how a full disk shows there. */
const ioErrorShmSize = 10 | (19 << 8)

/** A thrown error of node:sqlite as an AppError; anything else as `store_failed`, because nothing is known of it. */
export function fromSqliteError(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown
  const extended = extendedResultCode(thrown)
  const text = thrown instanceof Error ? thrown.message : String(thrown)
  return new AppError(codeFor(extended), detailFor(extended, text), { cause: thrown })
}

export function isBusyError(thrown: unknown): boolean {
  return (extendedResultCode(thrown) ?? 0) % 256 === resultCode.busy
}

export function isNotADatabaseError(thrown: unknown): boolean {
  return (extendedResultCode(thrown) ?? 0) % 256 === resultCode.notADatabase
}

/** What the file holds cannot be right, or the disk does not give it back. */
export function isDamageError(thrown: unknown): thrown is Error {
  // A whole number that no version of the program wrote: it is larger than numbers here can be.
  if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ERR_OUT_OF_RANGE') return true
  const code = (extendedResultCode(thrown) ?? 0) % 256
  return code === resultCode.corrupt || code === resultCode.ioError || code === resultCode.notADatabase
}

function codeFor(extended: number | undefined): ErrorCode {
  if (extended === undefined) return 'store_failed'
  if (extended === ioErrorShmSize) return 'disk_full'
  switch (extended % 256) {
    case resultCode.full:
      return 'disk_full'
    case resultCode.ioError:
    case resultCode.corrupt:
    case resultCode.notADatabase:
      return 'store_failed'
    default:
      return 'store_unavailable'
  }
}

function detailFor(extended: number | undefined, text: string): string {
  const code = codeFor(extended)
  if (code === 'disk_full') return 'the disk is full; try again when there is room'
  if (extended === undefined) return `the store failed: ${text}`
  return `the store cannot commit: ${text} (SQLite result code ${extended})`
}

function extendedResultCode(thrown: unknown): number | undefined {
  if (!(thrown instanceof Error) || !('errcode' in thrown)) return undefined
  return typeof thrown.errcode === 'number' ? thrown.errcode : undefined
}
