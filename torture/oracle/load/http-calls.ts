/** Requests of the load, over connections that are kept open. */
import { Agent, type IncomingMessage, request } from 'node:http'

/** A request that takes longer counts as lost. */
const timeoutMs = 20_000

export interface Answer {
  readonly status: number
  readonly body: string
}

export interface Call {
  readonly url: string
  readonly method: 'GET' | 'POST' | 'PUT'
  readonly body?: string
}

export interface Connections extends Disposable {
  /** @throws Error when the connection was lost or the answer did not come in time. */
  call(call: Call): Promise<Answer>
}

export function openConnections(maxSockets: number): Connections {
  const agent = new Agent({ keepAlive: true, maxSockets })
  return {
    call: ({ url, method, body }) =>
      new Promise((resolve, reject) => {
        const headers = body === undefined ? {} : { 'content-type': 'application/json' }
        const sending = request(url, { agent, method, headers, timeout: timeoutMs }, (response) => {
          readBody(response).then((text) => resolve({ status: response.statusCode ?? 0, body: text }), reject)
        })
        sending.on('timeout', () => sending.destroy(new Error('no answer in time')))
        sending.on('error', reject)
        sending.end(body)
      }),
    [Symbol.dispose]: () => agent.destroy(),
  }
}

async function readBody(response: IncomingMessage): Promise<string> {
  response.setEncoding('utf8')
  let text = ''
  for await (const chunk of response) text += chunk
  return text
}
