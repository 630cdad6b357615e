/**
 * How many events a second POST /publish stores, durably, at 1, 100 and 1,000 events a batch: a real `sekali serve` on an
 * SQLite file in the system's temporary folder, the load generator beside it on the same machine. Every event is new and
 * has a random id; bodies are built ahead, so that building them does not count.
 *
 * Usage: node bench/publish.ts [SECONDS_PER_ROW [REPEATS]]
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

interface Row {
  readonly batchEvents: number
  readonly connections: number
}

const rows: readonly Row[] = [
  { batchEvents: 1, connections: 64 },
  { batchEvents: 100, connections: 8 },
  { batchEvents: 1000, connections: 4 },
]
const seconds = Number(process.argv[2] ?? 5)
const repeats = Number(process.argv[3] ?? 5)

/** About 280 bytes as JSON. */
function eventText(index: number): string {
  return JSON.stringify({
    topic: `bench.${index % 10}`,
    event_id: crypto.randomUUID(),
    timestamp: new Date().toISOString(),
    source: 'bench',
    payload: { level: 'INFO', index, text: 'x'.repeat(110) },
  })
}

function bodyOf(events: number): Buffer {
  return Buffer.from(`{"events":[${Array.from({ length: events }, (_, index) => eventText(index)).join(',')}]}`)
}

function post(url: URL, agent: Agent, body: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': body.length }
    const sent = request(new URL('/publish', url), { method: 'POST', agent, headers }, (response) => {
      response.resume()
      response.on('end', () => resolve(response.statusCode ?? 0))
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

async function startServer(folder: string): Promise<{ url: URL; stop: () => Promise<void> }> {
  const main = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url))
  const store = `sqlite:${join(folder, 'bench.db')}`
  const args = [main, 'serve', '--port', '0', '--log-level', 'error', '--store', store]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  const url = new URL(/http:\S+/.exec(String(line))?.[0] ?? '')
  const stop = async () => {
    child.kill('SIGTERM')
    await once(child, 'exit')
  }
  return { url, stop }
}

/** @returns events acknowledged per second, and the latency of each request in milliseconds. */
async function measure({ batchEvents, connections }: Row): Promise<{ rate: number; latenciesMs: number[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'sekali-bench-'))
  const { url, stop } = await startServer(folder)
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  const bodies = Array.from({ length: Math.ceil((seconds * 60_000) / batchEvents) + 100 }, () => bodyOf(batchEvents))
  const latenciesMs: number[] = []
  const startedAt = performance.now()
  const publish = async () => {
    for (let body = bodies.pop(); body !== undefined; body = bodies.pop()) {
      const sentAt = performance.now()
      if (sentAt - startedAt > seconds * 1000) return
      const status = await post(url, agent, body)
      if (status !== 202) throw new Error(`the server answered ${status}`)
      latenciesMs.push(performance.now() - sentAt)
    }
  }
  await Promise.all(Array.from({ length: connections }, publish))
  const elapsedSeconds = (performance.now() - startedAt) / 1000
  agent.destroy()
  await stop()
  rmSync(folder, { recursive: true, force: true })
  return { rate: (latenciesMs.length * batchEvents) / elapsedSeconds, latenciesMs }
}

function quantile(sorted: readonly number[], q: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? 0
}

process.stdout.write(
  `${cpus().length} x ${cpus()[0]?.model}, Node ${process.version}, ${repeats} runs of ${seconds} s\n`,
)
process.stdout.write('batch  connections  events/s median (min to max)       p50 ms  p99 ms\n')
for (const row of rows) {
  const rates: number[] = []
  const latenciesMs: number[] = []
  for (let run = 0; run < repeats; run++) {
    const measured = await measure(row)
    rates.push(measured.rate)
    latenciesMs.push(...measured.latenciesMs)
  }
  rates.sort((a, b) => a - b)
  latenciesMs.sort((a, b) => a - b)
  const [median, min, max] = [quantile(rates, 0.5), rates[0] ?? 0, rates.at(-1) ?? 0].map((rate) => Math.round(rate))
  process.stdout.write(
    `${String(row.batchEvents).padStart(5)}  ${String(row.connections).padStart(11)}  ${`${median} (${min} to ${max})`.padEnd(34)}` +
      `${quantile(latenciesMs, 0.5).toFixed(1).padStart(6)}  ${quantile(latenciesMs, 0.99).toFixed(1).padStart(6)}\n`,
  )
}
