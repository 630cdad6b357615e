/**
 * Finds values in JSON text without parsing them, so that a part can be cut out exactly as the server sent it. For valid JSON;
 * by hand, because regular expressions overflow on strings of megabytes. Pure text.
 */

const quote = 0x22
const backslash = 0x5c

/** Where the next token begins. */
export function skipSpace(text: string, at: number): number {
  let end = at
  while (end < text.length && text.charCodeAt(end) <= 0x20) end++
  return end
}

/** @param at of the opening quote. @returns the place after the closing one, or the end of the text. */
export function endOfString(text: string, at: number): number {
  let end = at + 1
  while (end < text.length) {
    const char = text.charCodeAt(end)
    if (char === quote) return end + 1
    end += char === backslash ? 2 : 1
  }
  return text.length
}

/** @param at of the value's first character. */
export function endOfValue(text: string, at: number): number {
  const first = text.charAt(at)
  if (first === '"') return endOfString(text, at)
  if (first !== '{' && first !== '[') return endOfScalar(text, at)
  let depth = 0
  let end = at
  while (end < text.length) {
    const char = text.charAt(end)
    if (char === '"') {
      end = endOfString(text, end)
      continue
    }
    if (char === '{' || char === '[') depth++
    if (char === '}' || char === ']') depth--
    end++
    if (depth === 0) break
  }
  return end
}

function endOfScalar(text: string, at: number): number {
  let end = at
  while (end < text.length && !',]} \t\r\n'.includes(text.charAt(end))) end++
  return end
}

/** The texts of an object's members by key; of a repeated key the last. */
export function memberTexts(text: string, at = 0): Map<string, string> {
  const members = new Map<string, string>()
  let next = skipSpace(text, skipSpace(text, at) + 1)
  while (text.charAt(next) === '"') {
    const keyEnd = endOfString(text, next)
    const key: string = JSON.parse(text.slice(next, keyEnd))
    const start = skipSpace(text, skipSpace(text, keyEnd) + 1)
    const end = endOfValue(text, start)
    members.set(key, text.slice(start, end))
    next = afterComma(text, end)
  }
  return members
}

/** The texts of an array's items. */
export function itemTexts(text: string, at = 0): string[] {
  const items: string[] = []
  let next = skipSpace(text, skipSpace(text, at) + 1)
  while (next < text.length && text.charAt(next) !== ']') {
    const end = endOfValue(text, next)
    items.push(text.slice(next, end))
    next = afterComma(text, end)
  }
  return items
}

export interface ListTexts {
  /** Each item as it was sent. */
  readonly items: readonly string[]
  readonly nextCursor: string | undefined
  /** All members of the page. */
  readonly members: ReadonlyMap<string, string>
}

/**
 * A page of a list, its items as texts.
 *
 * @param text an answer with `next_cursor`.
 * @param name of the member that holds the items.
 */
export function listIn(text: string, name: string): ListTexts {
  const members = memberTexts(text)
  return {
    items: itemTexts(members.get(name) ?? '[]'),
    nextCursor: JSON.parse(members.get('next_cursor') ?? 'null') ?? undefined,
    members,
  }
}

function afterComma(text: string, at: number): number {
  const next = skipSpace(text, at)
  return text.charAt(next) === ',' ? skipSpace(text, next + 1) : next
}
