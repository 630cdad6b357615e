/**
 * Posts one batch until it is acknowledged, refused, or no progress was made for too long.
 * A retry sends the same bytes: what the attempt before may have stored comes back as duplicates.
 */
import { type Problem, PublishError } from './publish-error.ts'
import { backoffMs, defaultRetryPolicy, mayHeal, parseRetryAfter, type RetryPolicy } from './retry-policy.ts'

export interface Batch {
  readonly contentType: 'application/json' | 'application/x-ndjson'
  readonly body: string | Uint8Array<ArrayBuffer>
  /** How many the body holds; the ack must say the same. */
  readonly events: number
}

/** Every event is durable. `accepted` = `unique` + `duplicates`; the duplicates include the conflicts. */
export interface PublishAck {
  readonly accepted: number
  readonly unique: number
  readonly duplicates: number
  readonly conflicts: number
}

export interface Retry {
  /** How often this batch was sent so far. */
  readonly attempts: number
  readonly reason: string
  readonly delayMs: number
}

/** The outside world, as tests replace it. */
export interface Surroundings {
  readonly fetch: typeof fetch
  /** Rejects with the signal's reason when it aborts. */
  readonly sleep: (ms: number, signal: AbortSignal | undefined) => Promise<void>
  readonly random: () => number
  /** Wall clock, for `Retry-After` dates. */
  readonly nowMs: () => number
  readonly monotonicMs: () => number
}

export interface PostOptions {
  /** The server, for example `http://127.0.0.1:8080`; a path before `/publish` is kept. */
  readonly url: string
  readonly retryPolicy?: Partial<RetryPolicy>
  /** Ends an attempt or a wait at once; the batch may then be stored or not. */
  readonly signal?: AbortSignal | undefined
  readonly onRetry?: (retry: Retry) => void
  readonly surroundings?: Partial<Surroundings>
}

/** An attempt that failed in a way that may heal. */
interface Failure {
  readonly reason: string
  readonly cause?: unknown
  readonly status?: number
  readonly retryAfterMs?: number | undefined
}

/** @throws PublishError; or the signal's reason once it is aborted. */
export async function postBatch(batch: Batch, options: PostOptions): Promise<PublishAck> {
  const { url, signal, onRetry } = options
  const policy = { ...defaultRetryPolicy, ...options.retryPolicy }
  const surroundings = { ...realSurroundings, ...options.surroundings }
  const startedAtMs = surroundings.monotonicMs()
  for (let attempts = 1; ; attempts++) {
    const outcome = await attempt(batch, options, { policy, surroundings })
    if ('accepted' in outcome) return outcome
    const remainingMs = policy.maxStallMs - (surroundings.monotonicMs() - startedAtMs)
    const backoff = backoffMs(policy, attempts, surroundings.random())
    // The jitter comes on top of what the server asked for: otherwise all that it asked would return in one moment.
    const delayMs = (outcome.retryAfterMs ?? 0) + backoff
    if (remainingMs <= 0 || (outcome.retryAfterMs ?? 0) > remainingMs) {
      const times = attempts === 1 ? 'tried once' : `tried ${attempts} times`
      const { reason, cause, status } = outcome
      throw new PublishError('gave_up', `${publishUrl(url)}: ${reason} (${times})`, { cause, status })
    }
    onRetry?.({ attempts, reason: outcome.reason, delayMs })
    await surroundings.sleep(Math.min(delayMs, remainingMs), signal)
  }
}

/** Where batches are posted on a server. */
export function publishUrl(url: string): URL {
  return new URL('publish', url.endsWith('/') ? url : `${url}/`)
}

interface Means {
  readonly policy: RetryPolicy
  readonly surroundings: Surroundings
}

async function attempt(
  batch: Batch,
  { url, signal }: PostOptions,
  { policy, surroundings }: Means,
): Promise<PublishAck | Failure> {
  signal?.throwIfAborted()
  const timeout = new AbortController()
  const timer = setTimeout(() => timeout.abort(), policy.attemptTimeoutMs)
  let response: Response
  let text: string
  try {
    response = await surroundings.fetch(publishUrl(url), {
      method: 'POST',
      headers: { 'content-type': batch.contentType, accept: 'application/json, application/problem+json' },
      body: batch.body,
      // A redirect would be followed by GET, and the batch would be lost.
      redirect: 'manual',
      signal: signal === undefined ? timeout.signal : AbortSignal.any([signal, timeout.signal]),
    })
    text = await response.text()
  } catch (thrown) {
    signal?.throwIfAborted()
    const reason = timeout.signal.aborted
      ? `no answer in ${policy.attemptTimeoutMs / 1000} s`
      : `cannot be reached: ${networkReason(thrown)}`
    return { reason, cause: thrown }
  } finally {
    clearTimeout(timer)
  }
  if (response.ok) return readAck(text, batch, response)
  const problem = readProblem(text)
  const { status } = response
  const reason = `answered ${status} ${problem.detail ?? problem.title ?? response.statusText}`.trimEnd()
  if (mayHeal(status)) {
    return { reason, status, retryAfterMs: parseRetryAfter(response.headers.get('retry-after'), surroundings.nowMs()) }
  }
  if (status >= 400) throw new PublishError('refused', `${publishUrl(url)}: ${reason}`, { status, problem })
  const target = response.headers.get('location')
  const suffix = target === null ? '' : `, which points to ${target}`
  throw new PublishError('unexpected_answer', `${publishUrl(url)}: ${reason}${suffix}`, { status })
}

function readAck(text: string, { events }: Batch, { status, url }: Response): PublishAck {
  const { accepted, unique, duplicates, conflicts } = parseObject(text)
  const isAck = [accepted, unique, duplicates, conflicts].every(Number.isSafeInteger)
  const ack = { accepted, unique, duplicates, conflicts } as PublishAck
  if (isAck && ack.accepted === events && ack.unique + ack.duplicates === events) return ack
  const said = isAck ? `accepted ${ack.accepted} events of ${events}` : 'which is not a publish ack'
  throw new PublishError('unexpected_answer', `${url}: answered ${status}, ${said}; is this a Sekali server?`, {
    status,
  })
}

function readProblem(text: string): Problem {
  return parseObject(text) as Problem
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

/** `fetch failed` says nothing; its cause does. A host with several addresses has an error for each. */
function networkReason(thrown: unknown): string {
  let error = thrown
  while (error instanceof Error && error.cause instanceof Error) error = error.cause
  if (error instanceof AggregateError && error.errors[0] instanceof Error) error = error.errors[0]
  return error instanceof Error ? error.message || error.name : String(error)
}

const realSurroundings: Surroundings = {
  fetch: (input, init) => fetch(input, init),
  sleep,
  random: Math.random,
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
}

function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const abort = () => {
    clearTimeout(timer)
    reject(signal?.reason)
  }
  const timer = setTimeout(() => {
    signal?.removeEventListener('abort', abort)
    resolve()
  }, ms)
  if (signal?.aborted) abort()
  else signal?.addEventListener('abort', abort, { once: true })
  return promise
}
