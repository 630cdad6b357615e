/** Text search in payloads: what "contains" means, the same in every store. */

/**
 * A test for payloads that contain `text`, case-insensitively, either in the JSON text as it was sent
 * or after its string escapes are resolved (so that `é` finds `\u00e9` and `say "hi"` finds `say \"hi\"`).
 */
export function payloadMatcher(text: string): (payload: string) => boolean {
  const wanted = foldCase(text)
  return (payload) => {
    if (foldCase(payload).includes(wanted)) return true
    return payload.includes('\\') && foldCase(unescapeJson(payload)).includes(wanted)
  }
}

/** Letter by letter: the lower case of Σ depends on what follows it, so a part of a word would not match the word. */
function foldCase(text: string): string {
  return text.toLowerCase().replaceAll('ς', 'σ')
}

const named: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }

/** @param json valid JSON. */
function unescapeJson(json: string): string {
  const parts: string[] = []
  let start = 0
  for (let at = json.indexOf('\\'); at >= 0; at = json.indexOf('\\', start)) {
    const char = json.charAt(at + 1)
    const isCodeUnit = char === 'u'
    const unescaped = isCodeUnit
      ? String.fromCharCode(Number.parseInt(json.slice(at + 2, at + 6), 16))
      : (named[char] ?? char)
    parts.push(json.slice(start, at), unescaped)
    start = at + (isCodeUnit ? 6 : 2)
  }
  parts.push(json.slice(start))
  return parts.join('')
}
