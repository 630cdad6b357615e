/** Whether a payload contains a text, by the rules of the server: any case, as sent or with its escapes resolved. No DOM. */

export function payloadContains(text: string): (payload: string) => boolean {
  const wanted = foldCase(text)
  return (payload) =>
    foldCase(payload).includes(wanted) || (payload.includes('\\') && foldCase(unescaped(payload)).includes(wanted))
}

function foldCase(text: string): string {
  return text.toLowerCase().replaceAll('ς', 'σ')
}

const named: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }

function unescaped(json: string): string {
  return json.replaceAll(/\\(?:u([\da-fA-F]{4})|(.))/gs, (_, code: string | undefined, char: string) =>
    code === undefined ? (named[char] ?? char) : String.fromCharCode(Number.parseInt(code, 16)),
  )
}
