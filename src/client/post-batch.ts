/**
 * Posts one batch until it is acknowledged, refused, or no progress was made for too long.
 * A retry sends the same bytes: what the attempt before may have stored comes back as duplicates.
 */
import { ClientError } from './client-error.ts'
import { type Answer, addressOf, authorization, parseObject, sendRequest } from './send-request.ts'
import { type Attempt, Failure, type RetryOptions, withRetries } from './with-retries.ts'

export type { Retry, Surroundings } from './with-retries.ts'

export interface Batch {
  readonly contentType: 'application/json' | 'application/x-ndjson'
  readonly body: string | Uint8Array<ArrayBuffer>
  /** How many the body holds; the ack must say the same. */
  readonly events: number
}

/** What became of one event. Each is a success: the pair is durable under this `seq`. */
export interface PublishResult {
  /** `conflict`: the pair was stored before, with other content, which stays. */
  readonly status: 'stored' | 'duplicate' | 'conflict'
  /** Under which the pair is stored, now or since earlier. Grows in commit order, from 1, below 2^53. */
  readonly seq: number
}

/** Every event is durable. `accepted` = `unique` + `duplicates`; the duplicates include the conflicts. */
export interface PublishAck {
  readonly accepted: number
  readonly unique: number
  readonly duplicates: number
  readonly conflicts: number
}

/** With one result for each event, in the order of the batch. */
export interface DetailedAck extends PublishAck {
  readonly results: readonly PublishResult[]
}

export interface PostOptions extends RetryOptions {
  /** The server, for example `http://127.0.0.1:8080`; a path before `/publish` is kept. */
  readonly url: string
  readonly token?: string | undefined
}

/** @throws ClientError; or the signal's reason once it is aborted. */
export async function postBatch(batch: Batch, options: PostOptions): Promise<PublishAck> {
  return post(batch, options, { url: publishUrl(options.url), read: readAck })
}

/** As `postBatch`, and asks what became of each event. */
export async function postBatchForResults(batch: Batch, options: PostOptions): Promise<DetailedAck> {
  const url = publishUrl(options.url)
  url.searchParams.set('results', 'all')
  return post(batch, options, { url, read: readDetailedAck })
}

/** Where batches are posted on a server. */
export function publishUrl(url: string): URL {
  return addressOf(url, 'publish')
}

interface Exchange<T> {
  readonly url: URL
  /** Undefined when it is not an ack of this batch. */
  readonly read: (members: Readonly<Record<string, unknown>>, batch: Batch) => T | undefined
}

function post<T extends PublishAck>(batch: Batch, options: PostOptions, { url, read }: Exchange<T>): Promise<T> {
  const request = {
    method: 'POST',
    url,
    headers: {
      'content-type': batch.contentType,
      accept: 'application/json, application/problem+json',
      ...authorization(options.token),
    },
    body: batch.body,
  } as const
  return withRetries(url.href, options, async (attempt) => {
    const answer = await sendRequest(request, attempt)
    if (answer instanceof Failure) return answer
    const members = parseObject(answer.text)
    return read(members, batch) ?? notAnAck(answer, { members, batch, url, attempt })
  })
}

interface Disappointment {
  readonly members: Readonly<Record<string, unknown>>
  readonly batch: Batch
  readonly url: URL
  readonly attempt: Attempt
}

function notAnAck({ status, requestId }: Answer, { members, batch, url, attempt }: Disappointment): Failure {
  // Only the server answers 202, but its answer may be cut where nobody announced its length. A retry is safe.
  if (status === 202 && Object.keys(members).length === 0) {
    return new Failure('the answer was cut off', { status, requestId })
  }
  const ack = countsOf(members)
  const said = ack === undefined ? 'which is not a publish ack' : `accepted ${ack.accepted} events of ${batch.events}`
  throw new ClientError('unexpected_answer', `${url}: answered ${status}, ${said}; is this a Sekali server?`, {
    status,
    requestId,
    attempts: attempt.number,
  })
}

function readAck(members: Readonly<Record<string, unknown>>, { events }: Batch): PublishAck | undefined {
  const ack = countsOf(members)
  return ack?.accepted === events && ack.unique + ack.duplicates === events ? ack : undefined
}

function readDetailedAck(members: Readonly<Record<string, unknown>>, batch: Batch): DetailedAck | undefined {
  const ack = readAck(members, batch)
  const results = members.results as readonly PublishResult[]
  if (ack === undefined || !Array.isArray(results) || results.length !== batch.events) return undefined
  return { ...ack, results }
}

function countsOf(members: Readonly<Record<string, unknown>>): PublishAck | undefined {
  const { accepted, unique, duplicates, conflicts } = members
  const isAck = [accepted, unique, duplicates, conflicts].every(Number.isSafeInteger)
  return isAck ? ({ accepted, unique, duplicates, conflicts } as PublishAck) : undefined
}
