/**
 * The client: publish, read the live tail, and work through a subscription. In a program of yours the import is
 * `from 'sekali/client'`.
 *
 * Usage: node examples/client.ts [URL]    with a server running there
 */
import { Publisher, subscription, tail } from '../src/client/index.ts'

const url = process.argv[2] ?? 'http://127.0.0.1:8080'
const topic = `example.orders.${crypto.randomUUID()}`
const print = (text: string) => process.stdout.write(`${text}\n`)

await using publisher = new Publisher({ url, topic, source: 'shop' })

// An event with an identity of its own may be handed over as often as you like.
const order = { event_id: 'order-17', timestamp: new Date(), payload: { cents: 1200 } }
print(`first: ${(await publisher.publish(order)).status}`)
print(`again: ${(await publisher.publish(order)).status}`)

// Nobody waits for these; their ids are minted here, once, and every retry sends the same.
for (const cents of [300, 500]) publisher.enqueue({ payload: { cents } })
await publisher.flush()

const tailed: unknown[] = []
for await (const { payload } of tail({ url, topics: [topic], after: 0 })) if (tailed.push(payload.cents) === 3) break
print(`tailed: ${tailed.join(', ')} cents`)

const worker = subscription(`example-${crypto.randomUUID()}`, { url })
await worker.create({ topics: [topic], start: 'earliest' })
const stop = new AbortController()
let sum = 0
let handled = 0
await worker.run(
  ({ payload }) => {
    sum += Number(payload.cents)
    if (++handled === 3) stop.abort()
  },
  { signal: stop.signal },
)
print(`handled: ${handled} events, ${sum} cents`)
