/**
 * An idempotent consumer: pulls a subscription, and applies each event once however often it is delivered. The effect and
 * the mark (topic, event_id) are one transaction of the consumer's own database: both are there, or neither.
 *
 * Here the worker "dies" after its transaction and before its acks, so that everything is delivered twice.
 *
 * Usage: node examples/consume.ts [URL]    with a server running there
 */
import { DatabaseSync } from 'node:sqlite'

interface Delivery {
  readonly lease: string
  readonly event: { readonly topic: string; readonly event_id: string; readonly payload: { readonly cents: number } }
}

const url = process.argv[2] ?? 'http://127.0.0.1:8080'
const subscription = `${url}/subscriptions/example-${crypto.randomUUID()}`
const topic = `example.payments.${crypto.randomUUID()}`

async function send(method: string, address: string, body?: object): Promise<Response> {
  const response = await fetch(address, {
    method,
    ...(body !== undefined && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  })
  if (!response.ok) throw new Error(`${method} ${address}: ${response.status} ${await response.text()}`)
  return response
}

const db = new DatabaseSync(':memory:')
db.exec('CREATE TABLE applied (topic TEXT, event_id TEXT, PRIMARY KEY (topic, event_id))')
db.exec('CREATE TABLE account (cents INTEGER); INSERT INTO account VALUES (0)')
const mark = db.prepare('INSERT INTO applied VALUES (?, ?) ON CONFLICT DO NOTHING')
const pay = db.prepare('UPDATE account SET cents = cents + ?')

/** @returns whether the event had not been applied before. */
function applyOnce({ event }: Delivery): boolean {
  db.exec('BEGIN')
  try {
    const isNew = mark.run(event.topic, event.event_id).changes > 0
    if (isNew) pay.run(event.payload.cents)
    db.exec('COMMIT')
    return isNew
  } catch (thrown) {
    db.exec('ROLLBACK')
    throw thrown
  }
}

async function pull(): Promise<readonly Delivery[]> {
  const response = await send('POST', `${subscription}/pull`, { max: 100, wait_ms: 10_000 })
  return ((await response.json()) as { deliveries: Delivery[] }).deliveries
}

await send('PUT', subscription, { topics: [topic], start: 'latest', lease_ms: 500 })
const payments = Array.from({ length: 5 }, (_, index) => ({
  topic,
  event_id: `payment-${index}`,
  timestamp: new Date().toISOString(),
  source: 'shop',
  payload: { cents: 100 },
}))
await send('POST', `${url}/publish`, { events: payments })

for (const [attempt, dies] of [
  ['delivered', true],
  ['delivered again', false],
] as const) {
  const deliveries = await pull()
  const applied = deliveries.filter(applyOnce).length
  process.stdout.write(`${attempt}: ${applied} applied, ${deliveries.length - applied} known already\n`)
  if (!dies) await send('POST', `${subscription}/ack`, { leases: deliveries.map(({ lease }) => lease) })
}
process.stdout.write(`on the account: ${db.prepare('SELECT cents FROM account').get()?.cents} cents\n`)
await send('DELETE', subscription)
