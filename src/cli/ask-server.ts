/** Questions to the server, asked once: whoever waits at a terminal wants to know at once that it is away. */
import { ClientError } from '../client/client-error.ts'
import { type Answer, addressOf, authorization, sendRequest } from '../client/send-request.ts'
import { type RetryOptions, withRetries } from '../client/with-retries.ts'
import type { ServerAddress } from './server-options.ts'

export interface Question {
  /** GET unless given. */
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Below the server's address, without a slash before it. */
  readonly path: string
  /** Of the query; undefined ones are left out. */
  readonly parameters?: Readonly<Record<string, string | number | boolean | undefined>>
  /** Sent as JSON. */
  readonly body?: object
  /** How long the server may take on purpose, as a long poll does. */
  readonly extraTimeMs?: number
  readonly signal?: AbortSignal | undefined
  /** Tried again as it says; not at all unless given. */
  readonly retries?: Pick<RetryOptions, 'retryPolicy' | 'onRetry'>
}

/** @throws ClientError; the signal's reason once it is aborted. */
export async function askForAnswer(server: ServerAddress, question: Question): Promise<Answer> {
  const { method = 'GET', path, parameters = {}, body, extraTimeMs = 0, signal, retries } = question
  const url = addressOf(server.url, path)
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined) url.searchParams.set(name, String(value))
  }
  const request = {
    method,
    url,
    headers: {
      accept: 'application/json, application/problem+json',
      ...authorization(server.token),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    extraTimeMs,
  } as const
  const options = { signal, retryPolicy: { maxStallMs: 0, ...retries?.retryPolicy }, onRetry: retries?.onRetry }
  return withRetries(url.href, options, (attempt) => sendRequest(request, attempt))
}

/**
 * As `askForAnswer`, and reads the answer. Payloads lose what does not fit into a double when they are parsed: events are
 * read out of the text.
 *
 * @param read throws when the text is not what was asked for.
 * @throws ClientError `unexpected_answer` as well, when it does.
 */
export async function ask<T>(server: ServerAddress, question: Question, read: (text: string) => T): Promise<T> {
  const { text } = await askForAnswer(server, question)
  return readAnswer(text, { server, path: question.path, read })
}

export interface Reading<T> {
  readonly server: ServerAddress
  readonly path: string
  readonly read: (text: string) => T
}

/** @throws ClientError `unexpected_answer` when it cannot be read. */
export function readAnswer<T>(text: string, { server, path, read }: Reading<T>): T {
  try {
    return read(text)
  } catch (thrown) {
    throw notSekali(server, path, thrown)
  }
}

/** Reads a JSON object. @param names of members that it must have. */
export function objectWith<T extends object>(...names: readonly (keyof T & string)[]): (text: string) => T {
  return (text) => {
    const value: unknown = JSON.parse(text)
    const isObject = typeof value === 'object' && value !== null
    if (!isObject || names.some((name) => !(name in value))) throw new TypeError(`no ${names.join(', ')}`)
    return value as T
  }
}

export function notSekali(server: ServerAddress, path: string, cause?: unknown): ClientError {
  const url = addressOf(server.url, path)
  return new ClientError('unexpected_answer', `${url}: the answer is not that of a Sekali server`, { cause })
}
