/** A program of somebody who installed the package: uses every entry, and prints what came of it. Checked and run there. */
import { mkdtempSync } from 'node:fs'
import { pino } from 'pino'
import { AppError, type EventStore, openSqliteEventStore, startAggregator, storeLimits, systemClock } from 'sekali'
import { ClientError, idempotent, Publisher, type PublisherOptions, subscription, tail } from 'sekali/client'
import { openFileSpool } from 'sekali/client/spool'
import { eventStoreContract } from 'sekali/contract'
import defaultTransport, { type PinoTransportOptions, pinoTransport } from 'sekali/pino'
import { startTestAggregator } from 'sekali/testing'
import { verifyWebhook } from 'sekali/webhook'

const print = (text: string) => process.stdout.write(`${text}\n`)
await using server = await startTestAggregator()
const { url } = server
const options: PublisherOptions = { url, topic: 'orders.created', source: 'shop', spool: openFileSpool('spool') }
await using publisher = new Publisher(options)

const order = { event_id: 'order-17', timestamp: new Date(), payload: { cents: 1200 } }
print(`client: ${(await publisher.publish(order)).status}, ${(await publisher.publish(order)).status}`)
const refused = await publisher.publish({ timestamp: 'yesterday', payload: {} }).catch((thrown: unknown) => thrown)
print(`refused: ${refused instanceof ClientError && refused.code} ${refused instanceof ClientError && refused.status}`)

for await (const { event_id } of tail({ url, topics: ['orders.>'], after: 0 })) {
  print(`tail: ${event_id}`)
  break
}

const billing = subscription('billing', { url })
await billing.create({ topics: ['orders.>'], start: 'earliest' })
const marked = new Set<string>()
const bill = idempotent<Set<string>>(({ payload }) => print(`billed: ${payload.cents}`), {
  transaction: (work) => work(marked),
  mark: ({ event_id }, set) => set.size < set.add(event_id).size,
})
for await (const delivery of billing) {
  print(`subscription: ${await bill(delivery.event)}, ${await bill(delivery.event)}`)
  await delivery.ack()
  break
}

const transport: PinoTransportOptions = { url, topic: 'logs.shop', source: 'shop', spoolFolder: 'log-spool' }
const logger = pino({ transport: { target: 'sekali/pino', options: transport } })
logger.info('order created')
for await (const { payload } of tail({ url, topics: ['logs.shop'], after: 0 })) {
  print(`pino: ${payload.msg}, ${defaultTransport === pinoTransport}`)
  break
}

print(`webhook: ${verifyWebhook('whsec_c2VjcmV0', { 'webhook-id': 'a' }, '{}')}`)

const path = `${mkdtempSync('store-')}/log.db`
const store: EventStore = await openSqliteEventStore(path, { clock: systemClock })
const locked = await startAggregator({ port: 0, store: `sqlite:${path}` }).catch((thrown: unknown) => thrown)
print(`store: ${(await store.stats()).engine}, ${locked instanceof AppError && locked.code}`)
await store[Symbol.asyncDispose]()
print(`contract: ${typeof eventStoreContract}, ${storeLimits.maxAppendEvents}`)
