/** Query parameters that a schema cannot check: what is refused here names the parameter. */
import { AppError } from '../core/errors.ts'
import { type Instant, parseTimestamp } from '../core/timestamp.ts'

/** @throws AppError `invalid_query` when the text is not a cursor of this list and order. */
export function parseCursor<T>(text: string | undefined, parse: (text: string) => T | undefined): T | undefined {
  if (text === undefined) return undefined
  const position = parse(text)
  if (position === undefined) throw invalidParameter('cursor', 'is not a cursor of this list in this order')
  return position
}

/** @throws AppError `invalid_query` when it is not ISO 8601. */
export function parseTime(name: string, text: string | undefined): Instant | undefined {
  if (text === undefined) return undefined
  // A plus sign that was not percent-encoded arrives as a space; one before the time of day may be meant.
  const instant = parseTimestamp(text) ?? parseTimestamp(text.replace(/ (?=[^ ]*$)/, '+'))
  if (instant === undefined) throw invalidParameter(name, 'must be an ISO 8601 date or date and time')
  return instant
}

export function invalidParameter(name: string, message: string): AppError {
  return new AppError('invalid_query', `the query parameter ${name} ${message}`, {
    errors: [{ pointer: `/${name}`, message }],
  })
}
