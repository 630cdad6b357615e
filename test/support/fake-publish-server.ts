/** A server that answers POST /publish and GET /topics as a test wants it to: honest, refusing, lying or broken. */
import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import type { WireEvent } from './events.ts'

export interface Ack {
  unique: number
  duplicates: number
  conflicts: number
}

export interface FakePublishServer {
  readonly url: string
  readonly server: Server
  /** Batches that came so far. */
  readonly batches: number
}

export interface FakeBehaviour {
  /** Called before a batch is counted; true when it has answered. @param batch counted from 1. */
  readonly answer?: (response: ServerResponse, batch: number) => boolean
  /** What the ack says instead of the truth. */
  readonly ack?: (truth: Ack) => Ack
  /** What /topics counts for the first topic instead of the truth. */
  readonly topic?: (truth: TopicCounts) => TopicCounts
}

export interface TopicCounts {
  events: number
  duplicates: number
  conflicts: number
}

export async function startFakePublishServer(t: TestContext, behaviour: FakeBehaviour): Promise<FakePublishServer> {
  const { answer = () => false, ack = (truth) => truth, topic = (truth) => truth } = behaviour
  const seen = new Set<string>()
  const topics = new Map<string, TopicCounts>()
  let batches = 0
  const count = (events: readonly WireEvent[]): Ack => {
    const truth = { unique: 0, duplicates: 0, conflicts: 0 }
    for (const event of events) {
      const counts = topics.get(event.topic) ?? { events: 0, duplicates: 0, conflicts: 0 }
      topics.set(event.topic, counts)
      const key = JSON.stringify([event.topic, event.event_id])
      if (seen.has(key)) {
        truth.duplicates++
        counts.duplicates++
      } else {
        truth.unique++
        counts.events++
      }
      seen.add(key)
    }
    return truth
  }
  const server = createServer(async (request, response) => {
    if (request.method === 'GET') {
      const rows = [...topics].map(([name, counts], index) => ({
        topic: name,
        ...(index === 0 ? topic(counts) : counts),
      }))
      response.end(JSON.stringify({ topics: rows }))
      return
    }
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    if (answer(response, ++batches)) return
    const { events } = JSON.parse(Buffer.concat(chunks).toString()) as { events: WireEvent[] }
    const body = JSON.stringify({ accepted: events.length, ...ack(count(events)) })
    response.writeHead(202, { 'content-length': body.length }).end(body)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    server,
    get batches() {
      return batches
    },
  }
}
