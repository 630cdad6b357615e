/** The one place that asks the server. Addresses are relative to where the page is served. */
import { rootUrl } from '../state/location.ts'
import type { TextStart } from './text-start.ts'

/** What the server said was wrong, or that it said nothing. */
export class ApiError extends Error {
  /** HTTP status; 0 when there was no answer. */
  readonly status: number
  readonly code: string
  readonly requestId: string | undefined
  /** What was wrong with which field: `/topics/0`. */
  readonly faults: readonly FieldFault[]

  constructor(message: string, { status = 0, code = 'unreachable', requestId, faults, cause }: ApiErrorDetails = {}) {
    super(message, { cause })
    this.status = status
    this.code = code
    this.requestId = requestId
    this.faults = faults ?? []
  }
}

export interface FieldFault {
  /** A JSON pointer into what was sent. */
  readonly pointer: string
  readonly message: string
}

export interface ApiErrorDetails {
  readonly status?: number
  readonly code?: string
  readonly requestId?: string | undefined
  readonly faults?: readonly FieldFault[] | undefined
  readonly cause?: unknown
}

export type Parameters = Readonly<Record<string, string | number | boolean | readonly (string | number)[] | undefined>>

export function apiUrl(path: string, parameters: Parameters = {}): string {
  const url = new URL(path, rootUrl)
  for (const [name, value] of Object.entries(parameters)) {
    if (value === undefined || value === '') continue
    for (const each of [value].flat()) url.searchParams.append(name, String(each))
  }
  return url.href
}

/** @throws ApiError */
export async function getText(path: string, parameters: Parameters, signal: AbortSignal): Promise<string> {
  const answer = await ask(apiUrl(path, parameters), { headers: { accept: 'application/json' }, signal })
  return answer.text()
}

/** The beginning of an answer; the rest of a large one is not loaded. @throws ApiError */
export async function getTextStart(path: string, maxBytes: number, signal: AbortSignal): Promise<TextStart> {
  const answer = await ask(apiUrl(path), { headers: { accept: 'application/json' }, signal })
  const length = answer.headers.get('content-length')
  const totalBytes = length === null ? undefined : Number(length)
  if (answer.body === null || (totalBytes !== undefined && totalBytes <= maxBytes)) {
    return { text: await answer.text(), isWhole: true, totalBytes }
  }
  let text = ''
  let readBytes = 0
  const decoder = new TextDecoder()
  for (const reader = answer.body.getReader(); ; ) {
    const { done, value } = await reader.read()
    if (done) return { text, isWhole: true, totalBytes }
    text += decoder.decode(value, { stream: true })
    readBytes += value.length
    if (readBytes < maxBytes) continue
    await reader.cancel()
    return { text, isWhole: false, totalBytes }
  }
}

export interface StreamRequest {
  readonly parameters: Parameters
  readonly lastEventId: number
}

/** A live stream of server-sent events. @throws ApiError */
export async function openStream(
  path: string,
  { parameters, lastEventId }: StreamRequest,
  signal: AbortSignal,
): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
  const headers = { accept: 'text/event-stream', 'last-event-id': String(lastEventId) }
  const answer = await ask(apiUrl(path, parameters), { headers, signal, cache: 'no-store' })
  if (answer.body === null) throw new ApiError('the server sent no stream')
  return answer.body
}

/** @throws ApiError */
export async function getJson<T>(path: string, parameters: Parameters, signal: AbortSignal): Promise<T> {
  return JSON.parse(await getText(path, parameters, signal))
}

/** @throws ApiError */
export async function send<T>(method: 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<T | undefined> {
  const answer = await ask(apiUrl(path), {
    method,
    headers: { accept: 'application/json', ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const text = await answer.text()
  return text === '' ? undefined : JSON.parse(text)
}

async function ask(url: string, init: RequestInit): Promise<Response> {
  let answer: Response
  try {
    answer = await fetch(url, init)
  } catch (cause) {
    if (init.signal?.aborted) throw cause
    throw new ApiError('the server cannot be reached', { cause })
  }
  if (answer.ok) return answer
  const problem = await answer.json().catch(() => ({}))
  throw new ApiError(problem.detail ?? `the server answered ${answer.status}`, {
    status: answer.status,
    code: problem.code ?? 'unknown',
    requestId: problem.request_id,
    faults: problem.errors,
  })
}
