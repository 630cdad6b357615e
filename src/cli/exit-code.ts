/** What the process tells whoever started it. */
import { UsageError } from '../app/config.ts'
import { ClientError } from '../client/client-error.ts'
import { AppError } from '../core/errors.ts'

export const exitCode = {
  /** Duplicates, too, are a success. */
  ok: 0,
  failure: 1,
  usage: 2,
  /** Some of it was done, and some was refused. */
  partial: 3,
  /** The server wants another token, or does not allow it. */
  auth: 4,
  notFound: 5,
  /** No server answered, or it was not ready in time. */
  unreachable: 6,
  /** EX_IOERR of sysexits.h: the store failed to write. */
  storeFailed: 74,
} as const

export type ExitCode = (typeof exitCode)[keyof typeof exitCode]

export function exitCodeOf(thrown: unknown): ExitCode {
  if (thrown instanceof UsageError) return exitCode.usage
  if (thrown instanceof ClientError) return exitCodeOfClient(thrown)
  return thrown instanceof AppError && thrown.code === 'store_failed' ? exitCode.storeFailed : exitCode.failure
}

/** It answers as no Sekali server does: one that lacks something says what in a problem document. */
export function isOtherServer({ code, status, problem }: ClientError): boolean {
  return code === 'unexpected_answer' || (status === 404 && problem.code === undefined)
}

function exitCodeOfClient(thrown: ClientError): ExitCode {
  const { code, status } = thrown
  if (code === 'gave_up') return exitCode.unreachable
  if (isOtherServer(thrown)) return exitCode.failure
  switch (status) {
    case 401:
    case 403:
      return exitCode.auth
    case 404:
      return exitCode.notFound
    case 422:
      return exitCode.usage
    default:
      return exitCode.failure
  }
}
