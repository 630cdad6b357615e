/** Many events with odd payloads, as lines that `publish` takes, stored in a few requests. */
import type { TestServer } from './server.ts'

/** @param textChars of each payload, about. */
export function oddLines(count: number, textChars = 100): string[] {
  const topics = ['logs.app', 'logs.db', 'orders.new']
  return Array.from({ length: count }, (_, n) => {
    const text = `日本 \\u001b[31m \\"${'x'.repeat(textChars)}`
    return (
      `{"topic":"${topics[n % 3]}","event_id":"e${n}","timestamp":"2026-01-31T09:${String(n % 60).padStart(2, '0')}:00Z",` +
      `"source":"test","payload":{"n":${n},"id":12345678901234567890,"e":1e400,"z":-0,"seq":1,"text":"${text}"}}`
    )
  })
}

/** In the order given, so that seqs count them. */
export async function storeLines(server: TestServer, lines: readonly string[]): Promise<void> {
  for (let at = 0; at < lines.length; at += 1000) {
    const body = `${lines.slice(at, at + 1000).join('\n')}\n`
    const answer = await server.post('/publish', body, { 'content-type': 'application/x-ndjson' })
    if (answer.status !== 202) throw new Error(`publish answered ${answer.status}: ${await answer.text()}`)
  }
}
