/** As much of the Redis protocol (RESP2) as the benchmark needs: a command out, one simple answer in. */

export function respCommand(parts: readonly string[]): Buffer {
  const texts = parts.map((part) => `$${Buffer.byteLength(part)}\r\n${part}\r\n`)
  return Buffer.from(`*${parts.length}\r\n${texts.join('')}`)
}

/**
 * @returns undefined while bytes are missing.
 * @throws Error with the server's text when it answers with an error.
 */
export function parseRespAnswer(received: Buffer): string | number | undefined {
  const text = received.toString('latin1')
  const lineEnd = text.indexOf('\r\n')
  if (lineEnd < 0) return undefined
  const line = text.slice(1, lineEnd)
  switch (text[0]) {
    case ':':
      return Number(line)
    case '+':
      return line
    case '$': {
      const bulkEnd = lineEnd + 2 + Number(line)
      return text.length < bulkEnd + 2 ? undefined : text.slice(lineEnd + 2, bulkEnd)
    }
    default:
      throw new Error(`redis answered ${text}`)
  }
}
