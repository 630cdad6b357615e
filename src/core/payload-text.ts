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

function unescapeJson(json: string): string {
  return json.replace(/\\(?:u([0-9a-fA-F]{4})|(.))/g, (_, hex: string | undefined, char: string) =>
    hex === undefined ? (named[char] ?? char) : String.fromCharCode(Number.parseInt(hex, 16)),
  )
}
