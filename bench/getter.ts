/** GET requests on one connection that stays open, one at a time. */
import { Agent, get } from 'node:http'
import { addressOf } from '../src/client/send-request.ts'

export interface GetAnswer {
  readonly status: number
  readonly body: Buffer
  /** From sending the request until the last byte of the answer. */
  readonly elapsedMs: number
}

export interface Getter extends Disposable {
  /** @param path with its query. @throws Error when no answer comes. */
  get(path: string): Promise<GetAnswer>
}

export function openGetter(url: string): Getter {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  return {
    get(path) {
      const { promise, resolve, reject } = Promise.withResolvers<GetAnswer>()
      const startedAtMs = performance.now()
      const request = get(addressOf(url, path), { agent }, (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () => {
          const elapsedMs = performance.now() - startedAtMs
          resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks), elapsedMs })
        })
      })
      request.on('error', reject)
      return promise
    },
    [Symbol.dispose]: () => agent.destroy(),
  }
}
