/**
 * Log lines of pino as events, through a spool: they outlive restarts of the server and of this program. In a program of
 * yours the target is 'sekali/pino'.
 *
 * Usage: node examples/log.ts [URL]    with a server running there
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { tail } from '../src/client/index.ts'

const url = process.argv[2] ?? 'http://127.0.0.1:8080'
const topic = `example.logs.${crypto.randomUUID()}`
const spoolFolder = mkdtempSync(join(tmpdir(), 'sekali-example-'))
const target = new URL('../src/client/pino/pino-transport.ts', import.meta.url).href

const logger = pino({ transport: { target, options: { url, topic, source: 'example', spoolFolder } } })
logger.info({ order: 17 }, 'order created')
logger.warn({ order: 17 }, 'payment is late')

let stored = 0
for await (const { payload } of tail({ url, topics: [topic], after: 0 })) {
  process.stdout.write(`stored: ${payload.level} ${payload.msg}\n`)
  if (++stored === 2) break
}
process.on('exit', () => rmSync(spoolFolder, { recursive: true }))
