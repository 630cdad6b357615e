/** A program that logs with pino through the transport: so many lines, from a number on; then it lives on or ends. */
import { fileURLToPath } from 'node:url'
import { pino } from 'pino'

const [url = '', folder = '', first = '', count = '', ending = ''] = process.argv.slice(2)
const target = fileURLToPath(new URL('../../src/client/pino/pino-transport.ts', import.meta.url))
const options = { url, topic: 'logs.pino', source: 'child', spoolFolder: folder, closeTimeoutMs: 5000 }
const logger = pino({ base: null, transport: { target, options } })
for (let n = 0; n < Number(count); n++) logger.info({ n: Number(first) + n }, 'hello')
if (ending === 'lives') setInterval(() => {}, 2 ** 30)
