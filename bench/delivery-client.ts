/** The requests of the delivery benchmark: on connections that stay open, on bare sockets. */
import { BenchConnection } from '../src/cli/bench-connection.ts'
import { eventText, openBatches, openEventSource } from '../src/cli/bench-events.ts'
import type { OwnBenchServer } from '../src/cli/bench-server.ts'
import { defaultEvents } from './default-events.ts'
import { httpRequest } from './peers/http.ts'

export interface DeliveryClient extends Disposable {
  readonly url: string
  readonly pid: number
  /** So many new events in one request. @throws Error when they are not all stored. */
  publish(events: number): Promise<void>
  /** To everything, from the beginning. */
  subscribe(name: string): Promise<void>
  /** @returns how many there were; 0 when there is nothing to deliver. */
  pullAndAck(name: string): Promise<number>
}

const pullEvents = 1000

export function openDeliveryClient({ url, pid }: OwnBenchServer, signal: AbortSignal): DeliveryClient {
  const { seed } = defaultEvents
  const batches = openBatches(openEventSource(defaultEvents, Date.now()), 0, seed)
  /** Not in use right now. */
  const idle: BenchConnection[] = []
  const all: BenchConnection[] = []

  function openConnection(): BenchConnection {
    const connection = new BenchConnection(new URL(url))
    all.push(connection)
    return connection
  }

  async function ask(method: 'POST' | 'PUT', path: string, body: string): Promise<string> {
    signal.throwIfAborted()
    const connection = idle.pop() ?? openConnection()
    const answer = await connection.send(httpRequest(method, path, body))
    idle.push(connection)
    if (answer.status >= 300) throw new Error(`${path} answered ${answer.status}: ${answer.body}`)
    return answer.body
  }

  return {
    url,
    pid,
    async publish(events) {
      const batch = batches(events)
      const body = await ask('POST', '/publish', `{"events":[${batch?.events.map(eventText).join(',')}]}`)
      if (JSON.parse(body).unique !== events) throw new Error(`not all of ${events} events were stored: ${body}`)
    },
    async subscribe(name) {
      await ask('PUT', `/subscriptions/${name}`, '{"topics":[">"],"start":"earliest"}')
    },
    async pullAndAck(name) {
      const { deliveries } = JSON.parse(await ask('POST', `/subscriptions/${name}/pull`, `{"max":${pullEvents}}`))
      if (deliveries.length === 0) return 0
      const leases = deliveries.map(({ lease }: { readonly lease: string }) => lease)
      const { acked } = JSON.parse(await ask('POST', `/subscriptions/${name}/ack`, JSON.stringify({ leases })))
      return acked
    },
    [Symbol.dispose]() {
      for (const connection of all) connection[Symbol.dispose]()
    },
  }
}
