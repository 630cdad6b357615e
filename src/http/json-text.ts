/** From bytes to text to a value, strictly. What is refused here is refused as a whole, which the empty pointer names. */
import { AppError, type ErrorCode } from '../core/errors.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** UTF-8 as text; a byte order mark stays, for the JSON parser to refuse. @throws AppError `invalid_encoding`. */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes)
  } catch (thrown) {
    throw wholeBody('invalid_encoding', 'is not valid UTF-8', thrown)
  }
}

/** @throws AppError `invalid_json`. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (thrown) {
    const reason = text.trim() === '' ? 'it is empty' : thrown instanceof Error ? thrown.message : String(thrown)
    throw wholeBody('invalid_json', `is not JSON: ${reason}`, thrown)
  }
}

function wholeBody(code: ErrorCode, message: string, cause: unknown): AppError {
  return new AppError(code, `the body ${message}`, { cause, errors: [{ pointer: '', message }] })
}
