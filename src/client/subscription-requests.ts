/** The requests of one subscription, each retried as its kind allows. */
import { ClientError } from './client-error.ts'
import type { ParseJson, ReceivedEvent } from './read-events.ts'
import { type Answer, addressOf, authorization, type Request, sendRequest } from './send-request.ts'
import { type RetryOptions, withRetries } from './with-retries.ts'

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
    await this.#send({ method: 'PUT', path: '', body }, { signal })
  }

  async leaseMs(signal: AbortSignal | undefined): Promise<number> {
    const answer = await this.#send({ method: 'GET', path: '' }, { signal, ...endless })
    return this.#memberOf<number>(answer, 'lease_ms')
  }

  /** Waits for an event; empty when none came. */
  async pull(maxEvents: number, signal: AbortSignal): Promise<readonly LeasedEvent[]> {
    const body = { max: maxEvents, wait_ms: pullWaitMs }
    const request = { method: 'POST', path: '/pull', body, extraTimeMs: pullWaitMs } as const
    const answer = await this.#send(request, { signal, ...endless })
    return this.#memberOf<readonly LeasedEvent[]>(answer, 'deliveries', this.#options.parseJson)
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
    const answer = await this.#send({ method: 'POST', path, body }, { retryPolicy: { maxStallMs } })
    return this.#memberOf<readonly { lease: string }[]>(answer, 'refused').map(({ lease }) => lease)
  }

  /** @throws ClientError `unexpected_answer` without it: a server of another kind may say 200 to everything. */
  #memberOf<T>({ text, status, requestId }: Answer, name: string, parse: ParseJson = JSON.parse): T {
    try {
      const value = (parse(text) as Readonly<Record<string, T>>)[name]
      if (value !== undefined) return value
      throw new TypeError(`no ${name}`)
    } catch (cause) {
      const where = addressOf(this.#options.url, this.#path)
      const reason = `answered ${status}, but not as a Sekali server does`
      throw new ClientError('unexpected_answer', `${where}: ${reason}`, { status, requestId, cause })
    }
  }

  #send({ method, path, body, extraTimeMs = 0 }: Exchange, retries: RetryOptions): Promise<Answer> {
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
    return withRetries(request.url.href, options, (attempt) => sendRequest(request, attempt))
  }
}

/** Who waits for events waits as long as the server is away, unless told otherwise. */
const endless = { retryPolicy: { maxStallMs: Number.POSITIVE_INFINITY } } as const

interface Exchange {
  readonly method: Request['method']
  readonly path: string
  readonly body?: object
  readonly extraTimeMs?: number
}
