/** The live tail as an async iterator that comes again by itself, after the last event it gave. */
import { ClientError } from './client-error.ts'
import { EventStreamParser } from './event-stream-parser.ts'
import { maxTimerMs } from './process-hold.ts'
import type { ParseJson, ReceivedEvent } from './read-events.ts'
import { backoffMs, defaultRetryPolicy, type RetryPolicy } from './retry-policy.ts'
import { addressOf, authorization, failureOf, networkReason, requestIdOf } from './send-request.ts'
import {
  type Attempt,
  Failure,
  type Retry,
  type RetryOptions,
  realSurroundings,
  type Surroundings,
  withRetries,
} from './with-retries.ts'

/** What to read, and from where. */
export interface TailOptions {
  /** The server, for example `http://127.0.0.1:8080`; a path is kept. */
  readonly url: string
  /** Sent as `Authorization: Bearer`. */
  readonly token?: string | undefined
  /** Topics or patterns: `orders.*` is one more part, `logs.>` any number. All topics unless given. */
  readonly topics?: readonly string[]
  /** Of this source alone. All sources unless given. */
  readonly source?: string
  /** A seq: what was stored after it, then live. 0 is everything. From now on unless given. */
  readonly after?: number
  /** Ends the iteration, without an error. */
  readonly signal?: AbortSignal
  /** `JSON.parse` unless given. */
  readonly parseJson?: ParseJson
  /** Without a connection for `maxStallMs` (for ever unless given) the iteration throws `gave_up`. */
  readonly retryPolicy?: Partial<RetryPolicy>
  /** Also when the stream ended, as it does when a server stops. */
  readonly onRetry?: (retry: Retry) => void
  /** The stream is open, for the first time or again; on a quiet topic nothing else says so. */
  readonly onOpen?: () => void
  /** The outside world, as tests and other runtimes replace it. */
  readonly surroundings?: Partial<Surroundings>
}

/** The server sends something every 15 s. A connection that says nothing for longer is dead, whatever the network says. */
const maxSilenceMs = 45_000

interface OpenStream {
  readonly body: ReadableStream<Uint8Array>
  readonly abort: AbortController
}

/**
 * Every event once, in seq order, from where it begins until it is ended: by leaving the loop, or by the signal.
 *
 * ```ts
 * for await (const event of tail({ url, topics: ['orders.>'], after: 0, signal })) console.log(event.seq, event.payload)
 * ```
 *
 * @throws ClientError when the server refuses the request, or stays away for longer than `retryPolicy` allows.
 */
export async function* tail(options: TailOptions): AsyncGenerator<ReceivedEvent, void, undefined> {
  const { signal, parseJson = JSON.parse } = options
  let lastId = options.after === undefined ? undefined : String(options.after)
  let barren = 0
  try {
    // Each turn is a connection; how long one may take to come about is bounded in `connect`.
    while (!signal?.aborted) {
      const { body, abort } = await connect(options, lastId)
      options.onOpen?.()
      try {
        for await (const { id, event, data } of blocksOf(body, abort)) {
          barren = 0
          // Ended within the loop: what had arrived with the last event is not given any more.
          if (signal?.aborted) return
          if (event === 'event' && data !== '') yield parseJson(data) as ReceivedEvent
          // After the event was taken: a loop that is left before has not seen it.
          if (id !== undefined) lastId = id
        }
      } catch (thrown) {
        if (!(thrown instanceof BrokenStream)) throw thrown
      } finally {
        abort.abort()
      }
      if (!signal?.aborted) await pause(options, Math.min(barren++, 10))
    }
  } catch (thrown) {
    if (!signal?.aborted) throw thrown
  }
}

/** The connection is gone; what was read is whole. */
class BrokenStream extends Error {}

/** @param barren connections in a row that ended before they had brought anything. */
async function pause(options: TailOptions, barren: number): Promise<void> {
  const policy = { ...defaultRetryPolicy, ...options.retryPolicy }
  const { random, sleep } = { ...realSurroundings, ...options.surroundings }
  // A server that stops ends all streams in one moment: the readers come again at different ones.
  const delayMs = backoffMs(policy, barren + 1, random())
  options.onRetry?.({ attempts: barren + 1, reason: 'the stream has ended', delayMs })
  await sleep(delayMs, options.signal)
}

function retryOptions({ retryPolicy, signal, onRetry, surroundings }: TailOptions): RetryOptions {
  const patience = { maxStallMs: Number.POSITIVE_INFINITY }
  return { retryPolicy: { ...patience, ...retryPolicy }, signal, onRetry, surroundings }
}

function connect(options: TailOptions, lastId: string | undefined): Promise<OpenStream> {
  const url = addressOf(options.url, 'events/stream')
  for (const topic of options.topics ?? []) url.searchParams.append('topic', topic)
  if (options.source !== undefined) url.searchParams.set('source', options.source)
  const headers = {
    accept: 'text/event-stream',
    ...authorization(options.token),
    ...(lastId !== undefined && { 'last-event-id': lastId }),
  }
  return withRetries(url.href, retryOptions(options), (attempt) => openStream({ url, headers }, attempt))
}

interface StreamRequest {
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
}

async function openStream({ url, headers }: StreamRequest, attempt: Attempt): Promise<OpenStream | Failure> {
  const { policy, surroundings, signal } = attempt
  const abort = new AbortController()
  const timer = setTimeout(() => abort.abort(), Math.min(policy.attemptTimeoutMs, maxTimerMs))
  const either = signal === undefined ? abort.signal : AbortSignal.any([signal, abort.signal])
  let response: Response
  let text = ''
  try {
    response = await surroundings.fetch(url, { headers, redirect: 'manual', signal: either })
    if (!response.ok) text = await response.text()
  } catch (thrown) {
    signal?.throwIfAborted()
    return new Failure(`cannot be reached: ${networkReason(thrown)}`, { cause: thrown })
  } finally {
    clearTimeout(timer)
  }
  if (!response.ok) return failureOf(response, { text, where: url, attempt })
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream')
  if (isStream && response.body !== null) return { body: response.body, abort }
  abort.abort()
  const { status } = response
  throw new ClientError(
    'unexpected_answer',
    `${url}: answered ${status} without an event stream; is this a Sekali server?`,
    {
      status,
      requestId: requestIdOf(response),
      attempts: attempt.number,
    },
  )
}

/** @throws BrokenStream when the connection breaks, is aborted or says nothing for too long. */
async function* blocksOf(body: ReadableStream<Uint8Array>, abort: AbortController) {
  const parser = new EventStreamParser()
  const decoder = new TextDecoder()
  const reader = body.getReader()
  for (;;) {
    const timer = setTimeout(() => abort.abort(), maxSilenceMs)
    let read: Awaited<ReturnType<typeof reader.read>>
    try {
      read = await reader.read()
    } catch (thrown) {
      throw new BrokenStream('the connection is gone', { cause: thrown })
    } finally {
      clearTimeout(timer)
    }
    if (read.done) return
    yield* parser.push(decoder.decode(read.value, { stream: true }))
  }
}
