/** What connections may cost: how many, how slow, and how much text may wait for those who do not read their answers. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { ByteBudget, HeldBytes } from './byte-budget.ts'

const maxConnections = 20_000
/** Smaller ones are bounded by the number of connections, and not worth counting. */
const minCountedAnswerBytes = 64 * 1024

export const connectionOptions = {
  requestTimeout: 30_000,
  /** Nothing went in or out for so long; `boundConnections` says what then happens to a request that is under way. */
  connectionTimeout: 30_000,
  http: {
    headersTimeout: 10_000,
    // Node looks for late headers and requests only this often; 30 s unless told.
    connectionsCheckingInterval: 1000,
    // Without it Node answers a request that has no Host itself, with no body.
    requireHostHeader: false,
    // A request that waits to be read holds what one read brought, at most 64 KiB, and not as much again.
    highWaterMark: 32 * 1024,
  },
} as const

/** While we are ready to read more of a body and nothing comes. */
export const maxBodySilenceMs = 10_000

/** Ends connections whose answer is not being read, and only those: while nothing is to be written, it is we who are slow. */
export function boundConnections(server: Server): void {
  server.maxConnections = maxConnections
  server.on('request', (_, response) => response.on('timeout', destroyIfUnread))
}

/** Node destroys by itself what has no listener here: connections with no request under way. */
function destroyIfUnread(socket: Socket): void {
  if (socket.writableLength > 0) socket.destroy()
}

/** The large answers on their way, counted until they are read or their connection is gone. */
export class AnswerBounds {
  readonly #budget: ByteBudget
  readonly #bySocket = new WeakMap<Socket, Set<HeldBytes>>()

  constructor(budget: ByteBudget) {
    this.#budget = budget
  }

  /** To be called before the answer is written. @throws AppError `queue_full` when too many bytes wait to be read. */
  count(body: unknown, request: IncomingMessage, response: ServerResponse): void {
    if (typeof body !== 'string' && !Buffer.isBuffer(body)) return
    const bytes = Buffer.byteLength(body)
    // A socket that is gone takes no bytes, and tells nobody any more that it closed.
    if (bytes <= minCountedAnswerBytes || request.socket.destroyed) return
    const held = this.#budget.hold()
    held.add(bytes)
    const underWay = this.#underWay(request.socket)
    underWay.add(held)
    response.once('close', () => {
      underWay.delete(held)
      held[Symbol.dispose]()
    })
  }

  /** Not every Node version tells an answer that waits behind others on its connection when that connection closes. */
  #underWay(socket: Socket): Set<HeldBytes> {
    const known = this.#bySocket.get(socket)
    if (known !== undefined) return known
    const underWay = new Set<HeldBytes>()
    this.#bySocket.set(socket, underWay)
    socket.once('close', () => {
      for (const held of underWay) held[Symbol.dispose]()
    })
    return underWay
  }
}
