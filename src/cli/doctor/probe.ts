/** One request of the doctor: every answer is worth a look, also one that refuses. */
import { addressOf, authorization, networkReason } from '../../client/send-request.ts'
import type { ServerAddress } from '../server-options.ts'

const maxWaitMs = 10_000

export interface Probed {
  readonly status: number
  readonly text: string
  /** Of the Date header; undefined without one. */
  readonly serverTimeMs: number | undefined
  readonly sentAtMs: number
  readonly answeredAtMs: number
  /** Where a redirect points to. */
  readonly location: string | undefined
}

export interface Unanswered {
  readonly status: undefined
  /** The system's, such as `ECONNREFUSED`. */
  readonly code: string
  readonly reason: string
}

/** @throws the signal's reason once it is aborted. */
export async function probe(server: ServerAddress, path: string, signal: AbortSignal): Promise<Probed | Unanswered> {
  const timeout = AbortSignal.timeout(maxWaitMs)
  try {
    const sentAtMs = Date.now()
    const response = await fetch(addressOf(server.url, path), {
      headers: { accept: 'application/json, application/problem+json', ...authorization(server.token) },
      redirect: 'manual',
      signal: AbortSignal.any([signal, timeout]),
    })
    const answeredAtMs = Date.now()
    const text = await response.text()
    const serverTimeMs = Date.parse(response.headers.get('date') ?? '')
    return {
      status: response.status,
      text,
      serverTimeMs: Number.isNaN(serverTimeMs) ? undefined : serverTimeMs,
      sentAtMs,
      answeredAtMs,
      location: response.headers.get('location') ?? undefined,
    }
  } catch (thrown) {
    signal.throwIfAborted()
    if (timeout.aborted) return { status: undefined, code: 'ETIMEDOUT', reason: `no answer in ${maxWaitMs / 1000} s` }
    return { status: undefined, code: errorCodeOf(thrown), reason: networkReason(thrown) }
  }
}

/** Of the innermost error that has one. */
function errorCodeOf(thrown: unknown): string {
  let code = ''
  for (let error = thrown; error instanceof Error; error = error.cause) {
    if ('code' in error && typeof error.code === 'string') code = error.code
  }
  return code
}
