/**
 * Walks over JSON as bytes (RFC 8259), checking every one of them. Places are indexes. Below 0 means: not valid, or not
 * plain; `~` of it is then where it stops being JSON, for those who must tell.
 */

const quote = 0x22
const comma = 0x2c
const minus = 0x2d
const colon = 0x3a
const backslash = 0x5c
const openBracket = 0x5b
const closeBracket = 0x5d
const openBrace = 0x7b
const closeBrace = 0x7d

/** 1 for bytes that end a plain run within a string: control characters, the quote and the backslash. */
const isSpecial = new Uint8Array(256)
isSpecial.fill(1, 0, 0x20)
isSpecial[quote] = 1
isSpecial[backslash] = 1
/** 1 for what may follow a backslash, other than `u`. */
const isEscape = new Uint8Array(256)
for (const char of '"\\/bfnrt') isEscape[char.charCodeAt(0)] = 1
const literals = new Map(['true', 'false', 'null'].map((text) => [text.charCodeAt(0), Buffer.from(text)]))

/** Instead of a place: valid so far, but nested too deep. No array of bytes is so long that it is `~` of one. */
export const tooDeep = -(2 ** 31)

export function skipSpace(bytes: Uint8Array, start: number, end: number): number {
  let at = start
  while (at < end) {
    const byte = bytes[at]
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) break
    at++
  }
  return at
}

/** @param start of its quote. @returns where a string without escapes ends, or -1. */
export function skipPlainString(bytes: Uint8Array, start: number, end: number): number {
  let at = start + 1
  while (isSpecial[bytes[at] ?? 0] === 0) at++
  return bytes[at] === quote && at < end ? at + 1 : -1
}

/** Whether the container at each depth is an object; shared, because no walk is interrupted by another. */
const isObject = new Uint8Array(256)

/** @param maxDepth arrays and objects that may be inside each other, up to 255. @returns where the value that starts here ends. */
export function skipJsonValue(bytes: Uint8Array, start: number, end: number, maxDepth: number): number {
  let at = start
  let depth = 0
  for (;;) {
    const byte = bytes[at]
    if (byte === openBrace || byte === openBracket) {
      if (++depth > maxDepth) return tooDeep
      isObject[depth] = byte === openBrace ? 1 : 0
      at = skipSpace(bytes, at + 1, end)
      const isEmpty = bytes[at] === (byte === openBrace ? closeBrace : closeBracket)
      if (!isEmpty) {
        if (byte === openBrace) at = skipName(bytes, at, end)
        if (at < 0) return at
        if (at >= end) return ~end
        continue
      }
      // The closing below takes it.
    } else {
      at = byte === quote ? skipString(bytes, at, end) : skipScalar(bytes, at, end)
      if (at < 0) return at
    }
    for (;;) {
      if (depth === 0) return at
      at = skipSpace(bytes, at, end)
      if (at >= end) return ~end
      const next = bytes[at]
      if (next === comma) {
        at = skipSpace(bytes, at + 1, end)
        if (isObject[depth] === 1) at = skipName(bytes, at, end)
        if (at < 0) return at
        if (at >= end) return ~end
        break
      }
      if (next !== (isObject[depth] === 1 ? closeBrace : closeBracket)) return ~at
      depth--
      at++
    }
  }
}

/** A name and its colon. @returns where its value starts. */
function skipName(bytes: Uint8Array, start: number, end: number): number {
  if (bytes[start] !== quote) return ~start
  const nameEnd = skipString(bytes, start, end)
  if (nameEnd < 0) return nameEnd
  const at = skipSpace(bytes, nameEnd, end)
  return at < end && bytes[at] === colon ? skipSpace(bytes, at + 1, end) : ~at
}

function skipString(bytes: Uint8Array, start: number, end: number): number {
  let at = start + 1
  for (;;) {
    while (isSpecial[bytes[at] ?? 0] === 0) at++
    if (at >= end) return ~end
    const byte = bytes[at]
    if (byte === quote) return at + 1
    if (byte !== backslash) return ~at
    const escaped = bytes[at + 1] ?? 0
    if (isEscape[escaped] === 1) at += 2
    else if (escaped === 0x75 && isHex(bytes, at + 2) && isHex(bytes, at + 4)) at += 6
    else return ~at
  }
}

function isHex(bytes: Uint8Array, at: number): boolean {
  return isHexDigit(bytes[at] ?? 0) && isHexDigit(bytes[at + 1] ?? 0)
}

function isHexDigit(byte: number): boolean {
  return isDigit(byte) || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66)
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39
}

/** A number or a literal. */
function skipScalar(bytes: Uint8Array, start: number, end: number): number {
  const literal = literals.get(bytes[start] ?? 0)
  if (literal === undefined) return skipNumber(bytes, start, end)
  for (let index = 0; index < literal.length; index++) if (bytes[start + index] !== literal[index]) return ~start
  return start + literal.length <= end ? start + literal.length : ~end
}

function skipNumber(bytes: Uint8Array, start: number, end: number): number {
  let at = bytes[start] === minus ? start + 1 : start
  if (bytes[at] === 0x30) at++
  else {
    const digits = at
    at = skipDigits(bytes, at, end)
    if (at === digits) return ~at
  }
  if (bytes[at] === 0x2e && at < end) {
    const digits = at + 1
    at = skipDigits(bytes, digits, end)
    if (at === digits) return ~at
  }
  if (((bytes[at] ?? 0) | 0x20) === 0x65 && at < end) {
    const sign = bytes[at + 1]
    const digits = sign === 0x2b || sign === minus ? at + 2 : at + 1
    at = skipDigits(bytes, digits, end)
    if (at === digits) return ~at
  }
  return at <= end ? at : ~end
}

function skipDigits(bytes: Uint8Array, start: number, end: number): number {
  let at = start
  while (at < end && isDigit(bytes[at] ?? 0)) at++
  return at
}
