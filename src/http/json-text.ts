/** From bytes to text to a value, strictly. What is refused here is refused as a whole, which the empty pointer names. */
import { AppError, type ErrorCode } from '../core/errors.ts'
import { eventLimits } from '../core/event.ts'

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

const quote = 0x22
const backslash = 0x5c

/**
 * The text, up to the first bracket that goes too deep. For 5 million brackets JSON.parse takes 800 MB and 0.6 s, and what
 * is left tells as well that the text is refused, and for which field.
 *
 * @param text that JSON.parse has not seen yet; it need not be JSON.
 */
export function cutTooDeep(text: string): string {
  const open: string[] = []
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at)
    if (char === quote) {
      at = endOfString(text, at)
      if (at < 0) return text
    } else if (char === 0x5b || char === 0x7b) {
      open.push(char === 0x5b ? ']' : '}')
      if (open.length > eventLimits.maxNesting) return text.slice(0, at + 1) + open.reverse().join('')
    } else if (char === 0x5d || char === 0x7d) {
      open.pop()
    }
  }
  return text
}

/** @returns where its last quote is; -1 when it has none. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1)
  while (end > 0 && isEscaped(text, end)) end = text.indexOf('"', end + 1)
  return end
}

/** Whether an odd number of backslashes is in front. */
export function isEscaped(text: string, at: number): boolean {
  let backslashes = 0
  while (text.charCodeAt(at - 1 - backslashes) === backslash) backslashes++
  return backslashes % 2 === 1
}

function wholeBody(code: ErrorCode, message: string, cause: unknown): AppError {
  return new AppError(code, `the body ${message}`, { cause, errors: [{ pointer: '', message }] })
}
