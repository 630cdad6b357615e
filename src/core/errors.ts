/** The one error class of the program and the closed list of its codes. Callers branch on `code`, never on text. */

/** What to branch on; `code` of the problem documents that the server answers with. */
export type ErrorCode =
  | 'invalid_request'
  | 'invalid_json'
  | 'invalid_encoding'
  | 'invalid_event'
  | 'invalid_query'
  | 'invalid_body'
  | 'not_found'
  | 'subscription_exists'
  | 'too_many_subscriptions'
  | 'method_not_allowed'
  | 'not_acceptable'
  | 'request_timeout'
  | 'body_too_large'
  | 'uri_too_long'
  | 'unsupported_media_type'
  | 'unsupported_encoding'
  | 'headers_too_large'
  | 'rate_limited'
  | 'internal'
  | 'queue_full'
  | 'draining'
  | 'store_unavailable'
  | 'disk_full'
  | 'store_locked'
  | 'store_failed'
  | 'store_damaged'

/** One field at fault. `pointer` is a JSON Pointer (RFC 6901) into the body, or `/name` of a query parameter. */
export interface FieldError {
  readonly pointer: string
  readonly message: string
}

/** What is known besides the code. */
export interface AppErrorOptions extends ErrorOptions {
  readonly errors?: readonly FieldError[]
  /** Members that the problem document carries besides the standard ones, in wire names. */
  readonly extensions?: Readonly<Record<string, number | string>>
}

/** An outcome that the caller must know about. `store_failed` is the only code after which the process may not go on. */
export class AppError extends Error {
  readonly code: ErrorCode
  readonly errors: readonly FieldError[]
  readonly extensions: Readonly<Record<string, number | string>>

  constructor(code: ErrorCode, detail: string, options: AppErrorOptions = {}) {
    super(detail, options)
    this.name = 'AppError'
    this.code = code
    this.errors = options.errors ?? []
    this.extensions = options.extensions ?? {}
  }
}

/** Anything thrown, as an AppError: what is not one already becomes `code` with the original as its cause. */
export function toAppError(thrown: unknown, code: ErrorCode): AppError {
  if (thrown instanceof AppError) return thrown
  return new AppError(code, thrown instanceof Error ? thrown.message : String(thrown), { cause: thrown })
}

export function drainingError(): AppError {
  return new AppError('draining', 'the server is shutting down; try again')
}
