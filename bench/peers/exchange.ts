/** A raw connection on which the next request leaves when the last one has its answer. */
import { once } from 'node:events'
import { connect } from 'node:net'

export interface Exchange<Answer> extends AsyncDisposable {
  /** @throws what `parse` throws, and when the connection ends. */
  send(request: Buffer): Promise<Answer>
}

/** @param parse makes an answer of all bytes received since the request; undefined while some are missing. */
export async function openExchange<Answer>(
  port: number,
  parse: (received: Buffer) => Answer | undefined,
): Promise<Exchange<Answer>> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  await once(socket, 'connect')
  let waiting: PromiseWithResolvers<Answer> | undefined
  let chunks: Buffer[] = []
  socket.on('error', (error) => waiting?.reject(error))
  socket.on('close', () => waiting?.reject(new Error('the server closed the connection')))
  socket.on('data', (chunk: Buffer) => {
    chunks.push(chunk)
    try {
      const answer = parse(chunks.length === 1 ? chunk : Buffer.concat(chunks))
      if (answer === undefined) return
      chunks = []
      waiting?.resolve(answer)
    } catch (thrown) {
      waiting?.reject(thrown)
    }
  })
  return {
    send(request) {
      waiting = Promise.withResolvers<Answer>()
      if (socket.closed) waiting.reject(new Error('the connection is closed'))
      else socket.write(request)
      return waiting.promise
    },
    async [Symbol.asyncDispose]() {
      if (socket.closed) return
      socket.destroy()
      await once(socket, 'close')
    },
  }
}
