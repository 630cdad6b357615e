/** A proxy before a server that fails as networks and busy servers do, request by request, as the test planned it. */
import { EventEmitter, once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'

/**
 * - `pass`: forward the request and its answer.
 * - `unavailable`: answer 503 with `Retry-After: 0` without forwarding.
 * - `drop before`: close the connection after the body has arrived, without forwarding.
 * - `drop after`: forward, wait for the answer, close the connection without answering.
 * - `drop within`: forward, and close the connection in the middle of the answer.
 * - `hold`: forward, and keep the answer until `release` is called.
 */
export type Fate = 'pass' | 'unavailable' | 'drop before' | 'drop after' | 'drop within' | 'hold'

export interface FlakyProxy {
  readonly url: string
  /** The bodies of the publish requests that arrived, in order. */
  readonly bodies: readonly Buffer[]
  /** Resolves when a request is held. */
  readonly held: Promise<void>
  /** Resolves when this many publish requests have arrived. */
  arrived(count: number): Promise<void>
  release(): void
}

/** @param fates of the publish requests, in order; those after the last pass. */
export async function startFlakyProxy(t: TestContext, targetUrl: string, fates: readonly Fate[]): Promise<FlakyProxy> {
  const bodies: Buffer[] = []
  const arrivals = new EventEmitter()
  const held = Promise.withResolvers<void>()
  const released = Promise.withResolvers<void>()
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const body = Buffer.concat(await request.toArray())
    const fate = request.method === 'POST' ? (fates[bodies.push(body) - 1] ?? 'pass') : 'pass'
    arrivals.emit('arrival')
    if (fate === 'unavailable') return response.writeHead(503, { 'retry-after': '0' }).end()
    if (fate === 'drop before') return request.socket.destroy()
    const answer = await fetch(targetUrl + request.url, {
      method: request.method ?? 'GET',
      headers: { 'content-type': request.headers['content-type'] ?? 'text/plain' },
      ...(request.method === 'POST' && { body }),
    })
    const text = await answer.text()
    if (fate === 'drop after') return request.socket.destroy()
    if (fate === 'hold') {
      held.resolve()
      await released.promise
    }
    response.writeHead(answer.status, {
      'content-type': answer.headers.get('content-type') ?? 'text/plain',
      'content-length': Buffer.byteLength(text),
    })
    if (fate !== 'drop within') return response.end(text)
    return response.write(text.slice(0, text.length / 2), () => request.socket.destroy())
  }
  const server = createServer((request, response) => {
    handle(request, response).catch(() => request.socket.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    released.resolve()
    server.close()
    server.closeAllConnections()
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    bodies,
    held: held.promise,
    async arrived(count) {
      while (bodies.length < count) await once(arrivals, 'arrival')
    },
    release: () => released.resolve(),
  }
}

/** An address of this machine where nobody listens. */
export async function closedUrl(): Promise<string> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return `http://127.0.0.1:${port}`
}
