/** A TCP proxy that fails as networks do. It knows nothing of HTTP but that a request is followed by its answer. */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/**
 * What becomes of a request and its answer:
 * - `pass`: both arrive.
 * - `byte by byte`: both arrive in pieces of one byte.
 * - `cut within the request`: the connection closes in the middle of it.
 * - `cut before the answer`: the connection closes when the server has answered, and the answer is lost.
 * - `cut within the answer`: half of the answer arrives.
 * - `reset`: both ends are reset (RST) when the request was handed on.
 * - `half-open`: the answer is lost, and nobody is told: the connection stays.
 */
export const networkFates = [
  'pass',
  'byte by byte',
  'cut within the request',
  'cut before the answer',
  'cut within the answer',
  'reset',
  'half-open',
] as const
export type NetworkFate = (typeof networkFates)[number]

export interface FaultyNetwork extends AsyncDisposable {
  readonly url: string
  /** How many requests met each fate so far. */
  readonly counts: ReadonlyMap<NetworkFate, number>
}

/** @param nextFate of the request that begins. */
export async function startFaultyNetwork(targetUrl: string, nextFate: () => NetworkFate): Promise<FaultyNetwork> {
  const { hostname, port } = new URL(targetUrl)
  const counts = new Map<NetworkFate, number>()
  const sockets = new Set<Socket>()
  const drawFate = () => {
    const fate = nextFate()
    counts.set(fate, (counts.get(fate) ?? 0) + 1)
    return fate
  }
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname)
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.setNoDelay(true)
      // Reset: `close` follows.
      socket.on('error', () => {})
      socket.on('close', () => sockets.delete(socket))
    }
    join({ client, upstream }, drawFate)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    counts,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

interface Ends {
  readonly client: Socket
  readonly upstream: Socket
}

function join({ client, upstream }: Ends, drawFate: () => NetworkFate): void {
  const close = () => {
    client.destroy()
    upstream.destroy()
  }
  let fate: NetworkFate = 'pass'
  let isAnswered = true
  client.on('data', (chunk: Buffer) => {
    if (isAnswered) fate = drawFate()
    isAnswered = false
    if (fate === 'cut within the request') return void upstream.write(chunk.subarray(0, chunk.length / 2), close)
    forward(upstream, chunk, fate)
    if (fate === 'reset') {
      // At a moment when the server may have read it, or not.
      setImmediate(() => {
        client.resetAndDestroy()
        upstream.resetAndDestroy()
      })
    }
  })
  upstream.on('data', (chunk: Buffer) => {
    isAnswered = true
    if (fate === 'half-open') return
    if (fate === 'cut before the answer') return close()
    if (fate === 'cut within the answer') return void client.write(chunk.subarray(0, chunk.length / 2), close)
    forward(client, chunk, fate)
  })
  client.on('close', () => upstream.destroy())
  upstream.on('close', () => {
    // Of a half-open connection nobody is told.
    if (fate !== 'half-open') client.destroy()
  })
}

function forward(to: Socket, chunk: Buffer, fate: NetworkFate): void {
  if (fate !== 'byte by byte') {
    to.write(chunk)
    return
  }
  for (let at = 0; at < chunk.length; at++) to.write(chunk.subarray(at, at + 1))
}
