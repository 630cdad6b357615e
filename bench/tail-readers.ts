/** Readers of the live tail that count what they get and cost this process little. */
import { connect, type Socket } from 'node:net'

export interface TailReader {
  readonly received: number
  /** When the last one came, on the clock of `performance`. */
  readonly lastAtMs: number
  /** Resolves when so many events have come. @throws Error when the connection ends before. */
  reach(count: number): Promise<void>
}

export interface TailReaders extends Disposable {
  readonly all: readonly TailReader[]
}

/** Every event has it once: JSON holds no line breaks. */
const mark = '\ndata: {'

/** Resolves when all of them are known to the server, which answers each with its headers first. */
export async function openTailReaders(url: string, count: number): Promise<TailReaders> {
  using opened = new DisposableStack()
  const all: TailReader[] = []
  const { hostname, port } = new URL(url)
  while (all.length < count) {
    const sockets = Array.from({ length: Math.min(100, count - all.length) }, () =>
      opened.adopt(connect(Number(port), hostname), (socket) => socket.destroy()),
    )
    all.push(...(await Promise.all(sockets.map(openReader))))
  }
  const resources = opened.move()
  return { all, [Symbol.dispose]: () => resources.dispose() }
}

async function openReader(socket: Socket): Promise<TailReader> {
  const joined = Promise.withResolvers<void>()
  let rest = ''
  let received = 0
  let lastAtMs = 0
  let hasEnded = false
  let wake = () => {}
  socket.setEncoding('latin1')
  socket.on('data', (chunk: string) => {
    joined.resolve()
    const text = rest + chunk
    let from = 0
    for (let at = text.indexOf(mark); at !== -1; at = text.indexOf(mark, from)) {
      received++
      from = at + mark.length
    }
    rest = text.slice(Math.max(from, text.length - mark.length + 1))
    lastAtMs = performance.now()
    wake()
  })
  const end = (thrown?: Error) => {
    hasEnded = true
    joined.reject(thrown ?? new Error('the server closed a tail'))
    wake()
  }
  socket.on('error', end)
  socket.on('close', () => end())
  socket.write('GET /events/stream HTTP/1.1\r\nHost: bench\r\n\r\n')
  await joined.promise
  return {
    get received() {
      return received
    },
    get lastAtMs() {
      return lastAtMs
    },
    async reach(count) {
      while (received < count) {
        if (hasEnded) throw new Error(`a tail ended after ${received} of ${count} events`)
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    },
  }
}
