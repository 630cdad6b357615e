/** What becomes of a large body that is refused: it stays where it is, because reading it only to drop it takes the time of those that are stored. */
import type { IncomingMessage } from 'node:http'

/** Less is read and dropped: opening another connection would cost as much. */
const maxDroppedBytes = 128 * 1024
/** How long a client that has not read its answer yet may take, before the connection is reset under what it still sends. */
const lingerMs = 250

/**
 * To be called before the refusal is sent.
 *
 * @returns whether the rest of the body will not be read: the answer must then say `Connection: close`.
 */
export function leaveUnread(request: IncomingMessage): boolean {
  const { socket } = request
  const declaredBytes = Number(request.headers['content-length'] ?? Number.POSITIVE_INFINITY)
  if (request.complete || declaredBytes <= maxDroppedBytes) return false
  // Node reads and drops what nobody has begun to read.
  request.read(0)
  // Closing with bytes unread resets the connection, and the client may then never see its answer.
  socket.destroySoon = () => {
    socket.end()
    setTimeout(() => socket.destroy(), lingerMs).unref()
  }
  return true
}
