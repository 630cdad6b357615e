/** One attempt to push: resolve, check, connect to what was checked, post, understand the answer. Never follows anything. */
import type { LookupAddress } from 'node:dns'
import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { LookupFunction } from 'node:net'
import { parseRetryAfterMs } from './push-backoff.ts'
import { type ResolveHost, resolveTarget } from './push-target.ts'

export interface WebhookPost {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** For resolving, connecting, sending and the answer, together. */
  readonly timeoutMs: number
  /** Ends the attempt at once. */
  readonly signal: AbortSignal
}

export interface PostSurroundings {
  readonly resolveHost: ResolveHost
  readonly isPrivateAllowed: boolean
  readonly nowMs: () => number
}

/** `gone`: the receiver wants no more, ever (410). A reason never holds what the receiver sent as its body. */
export type PostOutcome =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'gone'; readonly reason: string }
  | { readonly kind: 'failed'; readonly reason: string; readonly retryAfterMs?: number | undefined }

/** The rest of an answer's body is not read. */
const maxAnswerBytes = 64 * 1024
const maxReasonChars = 300

/** Resolves whatever happens, also when the signal aborts it. */
export async function postWebhook(post: WebhookPost, surroundings: PostSurroundings): Promise<PostOutcome> {
  const timeout = AbortSignal.timeout(post.timeoutMs)
  const signal = AbortSignal.any([post.signal, timeout])
  try {
    const url = new URL(post.url)
    const { resolveHost, isPrivateAllowed } = surroundings
    const addresses = await orAborted(resolveTarget(url, resolveHost, isPrivateAllowed), signal)
    const answer = await send(url, post, { lookup: lookupOf(addresses), signal })
    await drain(answer)
    return outcomeOf(answer, surroundings.nowMs())
  } catch (thrown) {
    if (timeout.aborted) return failed(`no answer in ${post.timeoutMs / 1000} s`)
    if (post.signal.aborted) return failed('the server stopped')
    return failed(networkReason(thrown))
  }
}

function send(url: URL, post: WebhookPost, options: RequestOptions): Promise<IncomingMessage> {
  const request = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, {
    ...options,
    method: 'POST',
    // A connection of its own: one from a pool would lead to an address that was checked some other time.
    agent: false,
    headers: {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(post.body),
      'user-agent': 'sekali',
      ...post.headers,
    },
  })
  return new Promise((resolve, reject) => {
    request.on('response', resolve)
    // Stays: a connection may also fail after its answer began.
    request.on('error', reject)
    // An answer that switches protocols is neither: Node closes the connection, and says nothing else.
    request.on('close', () => reject(new Error('the connection was closed without an answer')))
    request.end(post.body)
  })
}

/** Gives what was checked, so that a name cannot mean something else when it is connected to. */
function lookupOf(addresses: readonly LookupAddress[]): LookupFunction {
  return (_, options, callback) => {
    const [first] = addresses
    if (options.all) callback(null, [...addresses])
    else callback(null, first?.address ?? '', first?.family)
  }
}

/** Lets a receiver finish what it says, within bounds; its status stands, however its body ends. */
function drain(answer: IncomingMessage): Promise<void> {
  let bytes = 0
  return new Promise((resolve) => {
    answer.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > maxAnswerBytes) answer.destroy()
    })
    answer.on('error', () => {})
    answer.on('close', resolve)
  })
}

function outcomeOf({ statusCode = 0, headers }: IncomingMessage, nowMs: number): PostOutcome {
  if (statusCode >= 200 && statusCode < 300) return { kind: 'accepted' }
  if (statusCode === 410) return { kind: 'gone', reason: 'the receiver answered 410: it wants no more' }
  if (statusCode >= 300 && statusCode < 400) {
    return failed(`the receiver answered ${statusCode}, a redirect, which is not followed`)
  }
  const isAsking = statusCode === 429 || statusCode === 503
  const retryAfterMs = isAsking ? parseRetryAfterMs(headers['retry-after'], nowMs) : undefined
  return { ...failed(`the receiver answered ${statusCode}`), retryAfterMs }
}

function failed(reason: string) {
  return { kind: 'failed', reason: reason.slice(0, maxReasonChars).toWellFormed() } as const
}

/** A host with several addresses has an error for each. */
function networkReason(thrown: unknown): string {
  const error = thrown instanceof AggregateError && thrown.errors[0] instanceof Error ? thrown.errors[0] : thrown
  return error instanceof Error ? error.message || error.name : String(error)
}

/** For what cannot be aborted itself. */
async function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>()
  const abort = () => aborted.reject(signal.reason)
  if (signal.aborted) abort()
  signal.addEventListener('abort', abort, { once: true })
  try {
    return await Promise.race([promise, aborted.promise])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
