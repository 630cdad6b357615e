/** What every error on the wire must look like. */
import assert from 'node:assert/strict'
import type { RawResponse } from './raw-http.ts'

export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly code: string
  readonly request_id: string
  readonly errors?: readonly { readonly pointer: string; readonly message: string }[]
  readonly line?: number
  readonly accepted?: number
}

/** Asserts the status and that the body is a complete problem document; returns it. */
export async function assertProblem(answer: Response | RawResponse, status: number): Promise<Problem> {
  const isRaw = typeof answer.body === 'string'
  const body = isRaw ? (answer as RawResponse).body : await (answer as Response).text()
  const header = (name: string) =>
    isRaw ? (answer as RawResponse).headers[name] : ((answer as Response).headers.get(name) ?? undefined)
  assert.equal(answer.status, status, body)
  assert.match(header('content-type') ?? '', /^application\/problem\+json/)
  const problem = JSON.parse(body) as Problem
  for (const member of ['type', 'title', 'detail', 'code', 'request_id'] as const) {
    assert.equal(typeof problem[member], 'string', member)
    assert.notEqual(problem[member], '', member)
  }
  assert.equal(problem.status, status)
  assert.equal(header('x-request-id'), problem.request_id)
  if (status === 429 || status === 503) assert.match(header('retry-after') ?? '', /^[1-9]\d*$/)
  return problem
}

/** The pointers of the fields at fault, in the order they were named. */
export function pointersOf(problem: Problem): string[] {
  return (problem.errors ?? []).map(({ pointer }) => pointer)
}
