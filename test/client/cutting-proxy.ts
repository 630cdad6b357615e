/** A proxy that passes bytes on, also those of streams, until it is told to cut every connection. */
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import { afterTest } from '../support/after-test.ts'

export interface CuttingProxy {
  readonly url: string
  /** Resolves when bytes of an answer have gone through. */
  readonly streamed: Promise<void>
  /** Ends every connection at once; new ones are taken. */
  cut(): void
}

/** @param targetUrl asked for each request: servers restart. */
export async function startCuttingProxy(t: TestContext, targetUrl: () => string): Promise<CuttingProxy> {
  const streamed = Promise.withResolvers<void>()
  const pass = (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const { method, headers } = incoming
    const onward = request(targetUrl() + incoming.url, { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.once('data', () => streamed.resolve())
      answer.on('error', () => outgoing.destroy())
      answer.pipe(outgoing)
    })
    onward.on('error', () => outgoing.destroy())
    outgoing.on('close', () => onward.destroy())
    incoming.pipe(onward)
  }
  const server = createServer(pass)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  afterTest(t, () => {
    server.close()
    server.closeAllConnections()
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    streamed: streamed.promise,
    cut: () => server.closeAllConnections(),
  }
}
