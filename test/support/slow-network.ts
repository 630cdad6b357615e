/** A TCP proxy before a server that is far away: everything takes its time, and connections break wherever they are. */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import type { TestContext } from 'node:test'

export interface SlowNetwork {
  readonly port: number
  /** Breaks all connections that there are, whatever is under way on them: both ends see a reset. */
  breakAll(): void
}

/** @param delayMs of every piece, in each direction; their order is kept. */
export async function startSlowNetwork(t: TestContext, targetPort: number, delayMs: number): Promise<SlowNetwork> {
  const sockets = new Set<Socket>()
  const breakAll = () => {
    for (const socket of sockets) socket.resetAndDestroy()
  }
  const server = createServer((client) => {
    const target = connect(targetPort, '127.0.0.1')
    for (const [from, to] of [
      [client, target],
      [target, client],
    ] as const) {
      sockets.add(from)
      from.setNoDelay(true)
      from.on('data', (piece) => setTimeout(() => to.writable && to.write(piece), delayMs))
      from.on('end', () => setTimeout(() => to.end(), delayMs))
      // A broken connection is what this is for.
      from.on('error', () => {})
      from.on('close', () => {
        sockets.delete(from)
        setTimeout(() => to.destroy(), delayMs)
      })
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    breakAll()
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, breakAll }
}
