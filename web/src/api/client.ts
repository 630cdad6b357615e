/** The one place that asks the server. Addresses are relative to where the page is served. */
import { rootUrl } from '../state/location.ts'

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
