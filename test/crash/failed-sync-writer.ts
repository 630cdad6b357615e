/**
 * A process whose disk is made to fail: asks the store for several commits at once, so that some wait behind the one that
 * fails, and tells what became of each. Run by failed-sync.test.ts: node failed-sync-writer.ts FILE CHARS
 */
import { once } from 'node:events'
import { systemClock } from '../../src/core/clock.ts'
import { AppError } from '../../src/core/errors.ts'
import { openSqliteEventStore } from '../../src/stores/sqlite/sqlite-event-store.ts'
import { newEvent } from '../support/events.ts'

/** The outcome of each commit by its name: `done`, or the code of its error. */
export type Outcomes = Readonly<Record<string, string>>

const [file = '', chars = ''] = process.argv.slice(2)
const settings = { topics: [], leaseMs: 60_000, maxAttempts: 5, push: undefined }
const event = (eventId: string) => newEvent({ eventId, payload: JSON.stringify({ text: 'x'.repeat(Number(chars)) }) })

const store = await openSqliteEventStore(file, { clock: systemClock })
const { subscriptions } = store
await store.append([event('before')])
await subscriptions.create('worker', settings, { kind: 'earliest' })
const { deliveries = [] } = (await subscriptions.claim({ name: 'worker', maxEvents: 1 })) ?? {}
const acks = deliveries.map(({ leaseToken }) => ({ kind: 'ack', name: 'worker', leaseToken }) as const)

process.send?.('ready')
await once(process, 'message')
const commits: Readonly<Record<string, Promise<unknown>>> = {
  first: store.append([event('first')]),
  duplicate: store.append([event('before')]),
  again: store.append([event('first')]),
  ack: subscriptions.settle(acks),
  create: subscriptions.create('other', settings, { kind: 'earliest' }),
  probe: store.checkWritable(),
  second: store.append([event('second')]),
}
const outcomes: Record<string, string> = {}
for (const [name, commit] of Object.entries(commits)) {
  outcomes[name] = await commit.then(
    () => 'done',
    (thrown) => (thrown instanceof AppError ? thrown.code : String(thrown)),
  )
}
await store[Symbol.asyncDispose]()
process.send?.(outcomes)
process.disconnect?.()
