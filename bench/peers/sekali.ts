/** Sekali itself, as its users run it: `sekali serve` on an SQLite file, POST /publish. */
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { version } from '../../src/app/own-package.ts'
import { eventText } from '../../src/cli/bench-events.ts'
import { openTemporaryFolder } from '../../src/cli/temporary-folder.ts'
import { productFlags } from '../product-flags.ts'
import { openExchange } from './exchange.ts'
import { httpRequest, parseHttpAnswer } from './http.ts'
import type { Peer } from './peer.ts'
import { benchFolderPrefix, startServerProcess, untilReady } from './server-process.ts'

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

interface SekaliRequest {
  readonly bytes: Buffer
  readonly events: number
}

export const sekaliPeer: Peer<SekaliRequest> = {
  name: 'sekali',
  durability: 'SQLite WAL, synchronous=FULL, fsync before the ack: survives a power cut',
  hasDedup: true,
  availability: () => ({ version }),
  async open() {
    await using opened = new AsyncDisposableStack()
    const folder = opened.use(openTemporaryFolder(benchFolderPrefix))
    const store = `sqlite:${join(folder.path, 'bench.db')}`
    const args = [...productFlags(), main, 'serve', '--port', '0', '--log-level', 'error', '--store', store]
    const server = opened.use(startServerProcess({ program: process.execPath, args }, folder.path))
    const port = Number(await untilReady(server, async () => /http:\/\/[^:]+:(\d+)/.exec(server.printed)?.[1]))
    const control = opened.use(await openExchange(port, parseHttpAnswer))
    const owned = opened.move()
    return {
      encode: (events) => ({
        bytes: httpRequest('POST', '/publish', `{"events":[${events.map(eventText).join(',')}]}`),
        events: events.length,
      }),
      async openClient() {
        const exchange = await openExchange(port, parseHttpAnswer)
        return {
          async append({ bytes, events }) {
            const { status, body } = await exchange.send(bytes)
            const { accepted, unique, duplicates } = JSON.parse(body)
            if (status !== 202 || accepted !== events) throw new Error(`sekali answered ${status}: ${body}`)
            return { unique, duplicates }
          },
          [Symbol.asyncDispose]: () => exchange[Symbol.asyncDispose](),
        }
      },
      async countStored() {
        const { body } = await control.send(httpRequest('GET', '/stats'))
        return Number(JSON.parse(body).unique_processed)
      },
      [Symbol.asyncDispose]: () => owned.disposeAsync(),
    }
  },
}
