/** The one error class of the client. Callers branch on `code`, or ask `retryable`; never on text. */
import type { FieldError } from '../core/errors.ts'

/**
 * - `refused`: the server will never take this; `problem` says why.
 * - `gave_up`: no answer in time; the events may be stored or not, publishing them again with their ids is safe.
 * - `unexpected_answer`: what answered does not speak as a Sekali server does.
 * - `invalid_event`: it cannot be an event; nothing was sent.
 * - `queue_full`, `dropped`: there was no room in the publisher's queue, or newer events took its place.
 * - `spool_full`, `spool_failed`: the spool has reached its bound, or the disk is full; it cannot be written. Nothing was sent.
 * - `closed`: the publisher was closed before.
 */
export type ClientErrorCode =
  | 'refused'
  | 'gave_up'
  | 'unexpected_answer'
  | 'invalid_event'
  | 'queue_full'
  | 'dropped'
  | 'spool_full'
  | 'spool_failed'
  | 'closed'

/** A problem document (RFC 9457) as the server sends it; a member that it did not send is absent. */
export interface Problem {
  /** What kind of problem it is, in a few words; the same for every problem with this `code`. */
  readonly title?: string
  /** What was wrong this time, for people. */
  readonly detail?: string
  /** The server's own code, such as `invalid_event` or `rate_limited`. */
  readonly code?: string
  /** As the server's log has it. */
  readonly request_id?: string
  /** The fields at fault. */
  readonly errors?: readonly FieldError[]
  /** NDJSON: the line at fault, counted from 1 within the body. */
  readonly line?: number
  /** NDJSON: the events before that line; they are stored. */
  readonly accepted?: number
  /** NDJSON: of the accepted, those that are new. */
  readonly unique?: number
  /** NDJSON: of the accepted, those that were stored before; conflicts included. */
  readonly duplicates?: number
  /** NDJSON: of the duplicates, those with other content than what is stored. */
  readonly conflicts?: number
}

/** What is known besides the code. */
export interface ClientErrorOptions extends ErrorOptions {
  readonly status?: number | undefined
  readonly requestId?: string | undefined
  readonly attempts?: number
  readonly problem?: Problem | undefined
}

const retryableCodes: readonly ClientErrorCode[] = ['gave_up', 'queue_full', 'dropped', 'spool_full', 'spool_failed']

/** All that the client rejects with, except the reason of a signal that aborted and a `RangeError` for a limit. */
export class ClientError extends Error {
  /** What to branch on. */
  readonly code: ClientErrorCode
  /** Of the last answer; undefined when there was none. */
  readonly status: number | undefined
  /** As the server's log has it; undefined when no server answered. */
  readonly requestId: string | undefined
  /** Whether the same call may succeed later. With the same `event_id` it is always safe. */
  readonly retryable: boolean
  /** Requests that were sent; 0 when nothing was. */
  readonly attempts: number
  /** What the server said; empty when it said nothing of that kind. */
  readonly problem: Problem

  constructor(code: ClientErrorCode, text: string, options: ClientErrorOptions = {}) {
    super(text, options)
    this.name = 'ClientError'
    this.code = code
    this.status = options.status
    this.problem = options.problem ?? {}
    this.requestId = options.requestId ?? this.problem.request_id
    this.retryable = retryableCodes.includes(code)
    this.attempts = options.attempts ?? 0
  }
}
