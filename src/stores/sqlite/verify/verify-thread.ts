/** The thread in which a file is verified: it tells how far it is, and in the end what it found or why it could not look. */
import { parentPort, workerData } from 'node:worker_threads'
import type { ErrorCode } from '../../../core/errors.ts'
import type { VerificationProgress, VerificationReport } from '../../../core/store-verification.ts'
import { fromSqliteError, isDamageError } from '../sqlite-error.ts'
import { openForVerifying } from './open-for-verifying.ts'
import { verifyFile } from './verify-file.ts'

export interface VerifyInput {
  readonly path: string
}

export type VerifyReply =
  | { readonly progress: VerificationProgress }
  | { readonly report: VerificationReport }
  | { readonly error: { readonly code: ErrorCode; readonly detail: string } }

const tellEveryMs = 100

function run({ path }: VerifyInput, reply: (reply: VerifyReply) => void): void {
  let nextMs = 0
  const tell = (progress: VerificationProgress) => {
    if (progress.fraction !== undefined && performance.now() < nextMs) return
    nextMs = performance.now() + tellEveryMs
    reply({ progress })
  }
  try {
    using opened = openForVerifying(path)
    reply({ report: verifyFile(opened.db, path, tell) })
  } catch (thrown) {
    const { code, message } = fromSqliteError(thrown)
    const isDamage = isDamageError(thrown)
    reply({
      error: isDamage
        ? { code: 'store_damaged', detail: `${path} is damaged: ${thrown.message}` }
        : { code, detail: message },
    })
  }
}

run(workerData, (reply) => parentPort?.postMessage(reply))
