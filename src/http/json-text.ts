/** From bytes to text to a value, strictly. What is refused here is refused as a whole, which the empty pointer names. */
import { AppError, type ErrorCode } from '../core/errors.ts'
import { eventLimits } from '../core/event.ts'
import { skipJsonValue, skipSpace, tooDeep } from './json-bytes.ts'

const backslash = 0x5c
/** In UTF-8. */
const maxCharBytes = 4

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** UTF-8 as text; a byte order mark stays, for the JSON parser to refuse. @throws AppError `invalid_encoding`. */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes)
  } catch (thrown) {
    throw wholeBody('invalid_encoding', 'is not valid UTF-8', thrown)
  }
}

/**
 * Whether the bytes are JSON, without making anything of them: JSON.parse takes a hundred times the size of a body that is
 * wide or deep. Up to what goes too deep only; that is left to json-scanner.ts, which knows for which field.
 *
 * @param bytes that are UTF-8.
 * @throws AppError `invalid_json`.
 */
export function checkJson(bytes: Uint8Array): void {
  const end = bytes.length
  const valueEnd = skipJsonValue(bytes, skipSpace(bytes, 0, end), end, eventLimits.maxNesting)
  if (valueEnd === tooDeep) return
  const place = valueEnd < 0 ? ~valueEnd : skipSpace(bytes, valueEnd, end)
  if (valueEnd >= 0 && place === end) return
  throw wholeBody('invalid_json', `is not JSON: ${reasonAt(bytes, place)}`)
}

function reasonAt(bytes: Uint8Array, place: number): string {
  if (skipSpace(bytes, 0, bytes.length) === bytes.length) return 'it is empty'
  if (place >= bytes.length) return 'it ends too early'
  const [char] = Buffer.from(bytes.subarray(place, place + maxCharBytes)).toString()
  return `unexpected ${JSON.stringify(char)} at byte ${place}`
}

/** Whether an odd number of backslashes is in front. */
export function isEscaped(text: string, at: number): boolean {
  let backslashes = 0
  while (text.charCodeAt(at - 1 - backslashes) === backslash) backslashes++
  return backslashes % 2 === 1
}

function wholeBody(code: ErrorCode, message: string, cause?: unknown): AppError {
  return new AppError(code, `the body ${message}`, { cause, errors: [{ pointer: '', message }] })
}
