/** A receiver of pushes on loopback that answers as the test says, and keeps what it got. */
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type RequestListener, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'

export interface ReceivedPush {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
  /** The seqs of its deliveries. */
  readonly seqs: readonly number[]
  /** The connection was closed by the sender before it was answered. */
  readonly abandoned: Promise<void>
}

export interface WebhookReceiver {
  readonly url: string
  readonly received: readonly ReceivedPush[]
  /** The next push that was not asked for yet. */
  next(): Promise<ReceivedPush>
}

/** What a push is answered with: a status, or what the test does with the response. */
export type Answer = number | ((response: ServerResponse) => void)

/** @param answers in order; the last one goes on. */
export function startReceiver(t: TestContext, ...answers: readonly Answer[]): Promise<WebhookReceiver> {
  return receive(t, { scheme: 'http', listen: (listener) => createServer(listener) }, answers)
}

/** The same over TLS, with this key and certificate. */
export function startTlsReceiver(
  t: TestContext,
  identity: { readonly key: Buffer; readonly cert: Buffer },
  ...answers: readonly Answer[]
): Promise<WebhookReceiver> {
  return receive(t, { scheme: 'https', listen: (listener) => createTlsServer(identity, listener) }, answers)
}

interface Transport {
  readonly scheme: string
  readonly listen: (listener: RequestListener) => ReturnType<typeof createServer | typeof createTlsServer>
}

async function receive(
  t: TestContext,
  { scheme, listen }: Transport,
  answers: readonly Answer[],
): Promise<WebhookReceiver> {
  const received: ReceivedPush[] = []
  let asked = 0
  let wake = () => {}
  const server = listen(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks).toString()
    const { deliveries = [] } = JSON.parse(body || '{}') as { deliveries?: { event: { seq: number } }[] }
    const abandoned = once(response, 'close').then(() => {})
    const answer = answers[Math.min(received.length, answers.length - 1)] ?? 204
    const seqs = deliveries.map(({ event }) => event.seq)
    received.push({ path: request.url ?? '', headers: request.headers, body, seqs, abandoned })
    wake()
    if (typeof answer === 'number') response.writeHead(answer).end()
    else answer(response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return {
    url: `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    received,
    async next() {
      for (;;) {
        const push = received[asked]
        if (push !== undefined) {
          asked++
          return push
        }
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    },
  }
}
