/** Errors on the wire: the one table from code to status, and the problem document (RFC 9457). */
import { STATUS_CODES } from 'node:http'
import { AppError, type ErrorCode } from '../core/errors.ts'

export const statusByCode: Readonly<Record<ErrorCode, number>> = {
  invalid_request: 400,
  invalid_json: 400,
  invalid_encoding: 400,
  invalid_event: 422,
  invalid_query: 422,
  invalid_body: 422,
  not_found: 404,
  subscription_exists: 409,
  too_many_subscriptions: 409,
  method_not_allowed: 405,
  not_acceptable: 406,
  body_too_large: 413,
  uri_too_long: 414,
  unsupported_media_type: 415,
  unsupported_encoding: 415,
  headers_too_large: 431,
  rate_limited: 429,
  internal: 500,
  // A retry does not mend it.
  store_damaged: 500,
  // Not 408: log shippers drop a batch for good on most 4xx, and a retry may be faster.
  request_timeout: 503,
  queue_full: 503,
  draining: 503,
  store_unavailable: 503,
  disk_full: 503,
  store_locked: 503,
  store_failed: 503,
}

/** The media types of a publish body. */
export const acceptedTypes = 'application/json, application/x-ndjson'

export const problemContentType = 'application/problem+json; charset=utf-8'

/** What a client should wait before it tries again, in seconds; undefined where trying again would not help. */
export function retryAfterSeconds(code: ErrorCode): number | undefined {
  if (code === 'disk_full') return 5
  return statusByCode[code] === 503 ? 1 : undefined
}

export function problemDocument(error: AppError, requestId: string): string {
  const status = statusByCode[error.code]
  return JSON.stringify({
    type: 'about:blank',
    title: STATUS_CODES[status] ?? 'Error',
    status,
    detail: error.message,
    code: error.code,
    request_id: requestId,
    ...(error.errors.length > 0 && { errors: error.errors }),
    ...error.extensions,
  })
}

/**
 * What Fastify throws, as ours. Anything unknown is `internal`: its text stays in the log.
 *
 * @param consumes the media types of the route's body.
 */
export function fromFastifyError(thrown: unknown, consumes = acceptedTypes): AppError {
  if (thrown instanceof AppError) return thrown
  const { code, statusCode, validation, message } = thrown as FastifyLikeError
  if (validation !== undefined) return invalidQuery(validation)
  switch (code) {
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return unsupportedMediaType(consumes)
    case 'FST_ERR_MAX_PARAM_LENGTH':
      return new AppError('uri_too_long', 'no topic and no event id is this long')
    case 'FST_ERR_BAD_URL':
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
    case 'FST_ERR_CTP_EMPTY_TYPE':
      return new AppError('invalid_request', message ?? 'the request is malformed')
    default:
      if (statusCode === 403 || statusCode === 404) return new AppError('not_found', 'there is nothing at this address')
      if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
        return new AppError('invalid_request', message ?? 'the request cannot be answered')
      }
      return new AppError('internal', 'an error that is not your fault; the log has it under this request_id', {
        cause: thrown,
      })
  }
}

export function unsupportedMediaType(consumes = acceptedTypes): AppError {
  const types = consumes.includes(',') ? `one of ${consumes}` : consumes
  return new AppError('unsupported_media_type', `Content-Type must be ${types}`)
}

interface FastifyLikeError {
  readonly code?: string
  readonly statusCode?: number
  readonly message?: string
  readonly validation?: readonly ValidationFault[]
}

interface ValidationFault {
  readonly instancePath: string
  readonly keyword: string
  readonly message?: string
  readonly params: Readonly<Record<string, unknown>>
}

function invalidQuery(faults: readonly ValidationFault[]): AppError {
  const errors = faults.slice(0, 20).map(({ instancePath, keyword, message, params }) => {
    if (keyword === 'additionalProperties') {
      return { pointer: `/${params.additionalProperty}`, message: 'is not a known query parameter' }
    }
    if (keyword === 'required') return { pointer: `/${params.missingProperty}`, message: 'is missing' }
    if (keyword === 'enum') {
      return { pointer: instancePath, message: `must be one of ${(params.allowedValues as string[]).join(', ')}` }
    }
    return { pointer: instancePath, message: message ?? 'is not valid' }
  })
  const [first] = errors
  return new AppError('invalid_query', `the query parameter ${first?.pointer.slice(1)} ${first?.message}`, { errors })
}
