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
  /** Of the query; undefined ones are left out, of a list each is sent. */
  readonly parameters?: Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>
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
    for (const each of [value ?? []].flat()) url.searchParams.append(name, String(each))
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

/** As `askForAnswer`; its text. */
export async function askForText(server: ServerAddress, question: Question): Promise<string> {
  return (await askForAnswer(server, question)).text
}

/** As `askForText`. Payloads lose what does not fit into a double: events are asked for as text. */
export async function ask<T>(server: ServerAddress, question: Question): Promise<T> {
  return parseAnswer<T>(server, question.path, await askForText(server, question))
}

/** @param text what the server answered at the path. @throws ClientError `unexpected_answer` when it is not JSON. */
export function parseAnswer<T>(server: ServerAddress, path: string, text: string): T {
  try {
    return JSON.parse(text) as T
  } catch (thrown) {
    throw notSekali(server, path, 'is not JSON', thrown)
  }
}

/** @param fault what is wrong with the answer, as in "the answer is not JSON". */
export function notSekali(server: ServerAddress, path: string, fault: string, cause?: unknown): ClientError {
  const url = addressOf(server.url, path)
  return new ClientError('unexpected_answer', `${url}: the answer ${fault}; is this a Sekali server?`, { cause })
}
