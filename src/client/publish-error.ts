/** Why a batch could not be published, and what is known of it. */
import type { FieldError } from '../core/errors.ts'

/**
 * - `refused`: the server will never take this batch; `problem` says why.
 * - `gave_up`: no ack in time; the batch may be stored or not, publishing it again is safe.
 * - `unexpected_answer`: what answered does not speak as a Sekali server does.
 */
export type PublishErrorCode = 'refused' | 'gave_up' | 'unexpected_answer'

/** A problem document (RFC 9457) as the server sends it. */
export interface Problem {
  readonly title?: string
  readonly detail?: string
  readonly errors?: readonly FieldError[]
  /** NDJSON: the line at fault, counted from 1 within the body. */
  readonly line?: number
  /** NDJSON: the events before that line; they are stored. */
  readonly accepted?: number
  readonly unique?: number
  readonly duplicates?: number
  readonly conflicts?: number
}

export interface PublishErrorOptions extends ErrorOptions {
  readonly status?: number | undefined
  readonly problem?: Problem | undefined
}

export class PublishError extends Error {
  readonly code: PublishErrorCode
  /** Of the last answer; undefined when there was none. */
  readonly status: number | undefined
  readonly problem: Problem

  constructor(code: PublishErrorCode, text: string, options: PublishErrorOptions = {}) {
    super(text, options)
    this.name = 'PublishError'
    this.code = code
    this.status = options.status
    this.problem = options.problem ?? {}
  }
}
