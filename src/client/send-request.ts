/** One attempt at one request: an answer, a failure that may heal, or an error that will not. */
import { ClientError, type Problem } from './client-error.ts'
import { maxTimerMs } from './process-hold.ts'
import { mayHeal, parseRetryAfter } from './retry-policy.ts'
import { type Attempt, Failure } from './with-retries.ts'

export interface Request {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array<ArrayBuffer>
  /** How long the server may take on purpose, as a long poll does. */
  readonly extraTimeMs?: number
}

/** 2xx. */
export interface Answer {
  readonly status: number
  readonly text: string
  readonly requestId: string | undefined
}

/**
 * @throws ClientError `refused` or `unexpected_answer`; the signal's reason once it is aborted.
 */
export async function sendRequest(request: Request, attempt: Attempt): Promise<Answer | Failure> {
  const { policy, surroundings, signal } = attempt
  const timeoutMs = policy.attemptTimeoutMs + (request.extraTimeMs ?? 0)
  const timeout = new AbortController()
  const timer = setTimeout(() => timeout.abort(), Math.min(timeoutMs, maxTimerMs))
  let response: Response
  let text: string
  try {
    response = await surroundings.fetch(request.url, {
      method: request.method,
      headers: request.headers,
      ...(request.body !== undefined && { body: request.body }),
      // A redirect would be followed by GET, and the batch would be lost.
      redirect: 'manual',
      signal: signal === undefined ? timeout.signal : AbortSignal.any([signal, timeout.signal]),
    })
    text = await response.text()
  } catch (thrown) {
    signal?.throwIfAborted()
    const reason = timeout.signal.aborted
      ? `no answer in ${timeoutMs / 1000} s`
      : `cannot be reached: ${networkReason(thrown)}`
    return new Failure(reason, { cause: thrown })
  } finally {
    clearTimeout(timer)
  }
  const { status } = response
  if (response.ok) return { status, text, requestId: requestIdOf(response) }
  return failureOf(response, { text, where: request.url, attempt })
}

export interface AnswerContext {
  readonly text: string
  readonly where: URL
  readonly attempt: Attempt
}

/** What an answer that is not 2xx means. @throws ClientError when no retry will heal it. */
export function failureOf(response: Response, { text, where, attempt }: AnswerContext): Failure {
  const { status } = response
  const problem: Problem = parseObject(text)
  const requestId = requestIdOf(response)
  const reason = `answered ${status} ${problem.detail ?? problem.title ?? response.statusText}`.trimEnd()
  if (mayHeal(status)) {
    const retryAfterMs = parseRetryAfter(response.headers.get('retry-after'), attempt.surroundings.nowMs())
    return new Failure(reason, { status, requestId, retryAfterMs })
  }
  const facts = { status, requestId, attempts: attempt.number }
  if (status >= 400) throw new ClientError('refused', `${where}: ${reason}`, { ...facts, problem })
  const target = response.headers.get('location')
  const suffix = target === null ? '' : `, which points to ${target}`
  throw new ClientError('unexpected_answer', `${where}: ${reason}${suffix}`, facts)
}

/** The members of a JSON object; none when it is something else. */
export function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

/** An address below the server's: a path that the server lives under is kept. @throws TypeError when it is none. */
export function addressOf(url: string, path: string): URL {
  const base = url.endsWith('/') ? url : `${url}/`
  // `fetch` would call it a network error, which is one that may heal.
  if (!/^https?:/i.test(base) || !URL.canParse(base)) {
    throw new TypeError(`url must be an http or https address, not ${JSON.stringify(url)}`)
  }
  return new URL(path, base)
}

/** What no header can carry; line breaks at the end are left out. */
const badHeaderText = /[\0\r\n]|[^\0-\xff]/

/** @throws TypeError when no header can carry the token. */
export function authorization(token: string | undefined): Readonly<Record<string, string>> {
  if (token !== undefined && badHeaderText.test(token.trim())) {
    throw new TypeError('token has characters that no header can carry')
  }
  return token === undefined ? {} : { authorization: `Bearer ${token}` }
}

/** `fetch failed` says nothing; its cause does. A host with several addresses has an error for each. */
export function networkReason(thrown: unknown): string {
  let error = thrown
  while (error instanceof Error && error.cause instanceof Error) error = error.cause
  if (error instanceof AggregateError && error.errors[0] instanceof Error) error = error.errors[0]
  return error instanceof Error ? error.message || error.name : String(error)
}

export function requestIdOf({ headers }: Response): string | undefined {
  return headers.get('x-request-id') ?? undefined
}
