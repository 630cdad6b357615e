/** The requests of one subscription, each retried as its kind allows. */

import { ClientError } from './client-error.ts'
import type { ParseJson, ReceivedEvent } from './read-events.ts'
import { type Answer, addressOf, authorization, parseObject, type Request, sendRequest } from './send-request.ts'
import { type Attempt, Failure, type RetryOptions, withRetries } from './with-retries.ts'

/** Where the subscription is, and how requests are tried again: for ever while waiting for events, unless told otherwise. */
export interface SubscriptionOptions extends Omit<RetryOptions, 'signal' | 'sinceMs' | 'retryBudget'> {
  /** The server, for example `http://127.0.0.1:8080`; a path is kept. */
  readonly url: string
  /** Sent as `Authorization: Bearer`. */
  readonly token?: string | undefined
  /** `JSON.parse` unless given. */
  readonly parseJson?: ParseJson
}

/** What a subscription is created with; creating it again must say the same. */
export interface SubscriptionSettings {
  /** Topics or patterns: `orders.*` is one more part, `logs.>` any number. */
  readonly topics: readonly string[]
  /**
   * Where a new subscription begins: with all that is stored, with what comes, strictly after a seq, or with what was
   * committed at a time (ISO 8601) or later. `latest` unless given.
   */
  readonly start?: 'earliest' | 'latest' | { readonly seq: number } | { readonly time: string }
  /** How long a worker may be silent about an event before somebody else gets it; 30 s unless given. */
  readonly leaseMs?: number
  /** Deliveries before an event becomes a dead letter; 5 unless given. */
  readonly maxAttempts?: number
}

/** One event handed to this worker, until `lease` runs out. */
export interface LeasedEvent {
  readonly lease: string
  /** 1 for the first delivery. */
  readonly attempt: number
  readonly event: ReceivedEvent
}

export interface Nack {
  readonly leases: readonly string[]
  readonly delayMs: number
  readonly reason: string
}

/** How long the server holds a pull that has nothing. */
const pullWaitMs = 20_000
const maxReasonChars = 1000

export class SubscriptionRequests {
  readonly #path: string
  readonly #options: SubscriptionOptions

  constructor(name: string, options: SubscriptionOptions) {
    this.#path = `subscriptions/${encodeURIComponent(name)}`
    this.#options = options
  }

  async create({ leaseMs, maxAttempts, ...settings }: SubscriptionSettings, signal?: AbortSignal): Promise<void> {
    const body = { ...settings, lease_ms: leaseMs, max_attempts: maxAttempts }
    await this.#send({ method: 'PUT', path: '', body, read: leaseMsOf }, { signal })
  }

  leaseMs(signal: AbortSignal | undefined): Promise<number> {
    return this.#send({ method: 'GET', path: '', read: leaseMsOf }, { signal, ...endless })
  }

  /** Waits for an event; empty when none came. */
  pull(maxEvents: number, signal: AbortSignal): Promise<readonly LeasedEvent[]> {
    const body = { max: maxEvents, wait_ms: pullWaitMs }
    const { parseJson = JSON.parse } = this.#options
    const read = (text: string) => listIn<LeasedEvent>(parseJson(text), 'deliveries')
    const exchange = { method: 'POST', path: '/pull', body, extraTimeMs: pullWaitMs, read } as const
    return this.#send(exchange, { signal, ...endless })
  }

  /** @returns the leases that had run out. */
  ack(leases: readonly string[], maxStallMs: number): Promise<readonly string[]> {
    return this.#settle('/ack', { leases }, maxStallMs)
  }

  /** @returns the leases that had run out. */
  extend(leases: readonly string[], maxStallMs: number): Promise<readonly string[]> {
    return this.#settle('/extend', { leases }, maxStallMs)
  }

  /** @returns the leases that had run out. */
  nack({ leases, delayMs, reason }: Nack, maxStallMs: number): Promise<readonly string[]> {
    const body = { leases, delay_ms: Math.round(delayMs), reason: reason.slice(0, maxReasonChars) }
    return this.#settle('/nack', body, maxStallMs)
  }

  async #settle(path: string, body: object, maxStallMs: number): Promise<readonly string[]> {
    const read = (text: string) => listIn<{ readonly lease: string }>(JSON.parse(text), 'refused')
    const refused = await this.#send({ method: 'POST', path, body, read }, { retryPolicy: { maxStallMs } })
    return refused.map(({ lease }) => lease)
  }

  async #send<T>({ method, path, body, extraTimeMs = 0, read }: Exchange<T>, retries: RetryOptions): Promise<T> {
    const { url, token } = this.#options
    const request: Request = {
      method,
      url: addressOf(url, this.#path + path),
      headers: {
        accept: 'application/json, application/problem+json',
        ...authorization(token),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      extraTimeMs,
    }
    const retryPolicy = { ...retries.retryPolicy, ...this.#options.retryPolicy }
    const options = { ...this.#options, ...retries, retryPolicy }
    const { value } = await withRetries(request.url.href, options, async (attempt) => {
      const answer = await sendRequest(request, attempt)
      return answer instanceof Failure ? answer : readAnswer(answer, { read, where: request.url, attempt })
    })
    return value
  }
}

/** Who waits for events waits as long as the server is away, unless told otherwise. */
const endless = { retryPolicy: { maxStallMs: Number.POSITIVE_INFINITY } } as const

interface Exchange<T> {
  readonly method: Request['method']
  readonly path: string
  readonly body?: object
  readonly extraTimeMs?: number
  /** Undefined, or an error, when the answer is not what was asked for. */
  readonly read: (text: string) => T | undefined
}

interface Reading<T> extends Pick<Exchange<T>, 'read'> {
  readonly where: URL
  readonly attempt: Attempt
}

/** @throws ClientError `unexpected_answer`: what answered 2xx does not speak as a Sekali server does. */
function readAnswer<T>(answer: Answer, { read, where, attempt }: Reading<T>): { readonly value: T } | Failure {
  const { status, text, requestId } = answer
  // Where nobody announced its length, an answer may be cut and look whole.
  if (text.startsWith('{') && !text.endsWith('}')) return new Failure('the answer was cut off', { status, requestId })
  let cause: unknown
  try {
    const value = read(text)
    if (value !== undefined) return { value }
  } catch (thrown) {
    cause = thrown
  }
  const facts = { status, requestId, attempts: attempt.number, cause }
  throw new ClientError(
    'unexpected_answer',
    `${where}: answered ${status} with something else; is this a Sekali server?`,
    facts,
  )
}

function leaseMsOf(text: string): number | undefined {
  const { lease_ms: leaseMs } = parseObject(text)
  return typeof leaseMs === 'number' ? leaseMs : undefined
}

/** The list under this name; undefined when there is none. */
function listIn<T>(value: unknown, name: string): readonly T[] | undefined {
  const list = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined
  return Array.isArray(list) ? (list as readonly T[]) : undefined
}
