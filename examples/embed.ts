/**
 * The aggregator inside your own program: publish over HTTP, ask over HTTP, stop it with the block it lives in.
 * In a program of yours the import is `from 'sekali'`.
 *
 * Usage: node examples/embed.ts
 */
import { startAggregator } from '../src/index.ts'

await using aggregator = await startAggregator({ port: 0, store: 'memory:' })

const event = {
  topic: 'builds.finished',
  event_id: 'build-7',
  timestamp: new Date().toISOString(),
  source: 'ci',
  payload: { status: 'green' },
}
for (const attempt of ['first', 'retry']) {
  const response = await fetch(`${aggregator.url}/publish`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(event),
  })
  const { unique, duplicates } = (await response.json()) as { unique: number; duplicates: number }
  process.stdout.write(`${attempt}: ${unique} stored, ${duplicates} duplicates\n`)
}
