/** The wall clock is set while deliveries are leased: leases and delays last as long as they were given for. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Clock } from '../../../src/core/clock.ts'
import type { EventStore } from '../../../src/core/event-store.ts'
import { openMemoryEventStore } from '../../../src/stores/memory/memory-event-store.ts'
import { openSqliteEventStore } from '../../../src/stores/sqlite/sqlite-event-store.ts'
import { newEvent } from '../../support/events.ts'
import { newFile } from './sqlite-files.ts'

const yearMs = 365 * 24 * 60 * 60 * 1000
const leaseMs = 30_000
const name = 'worker'
const startMs = 1_769_851_800_000

interface Bench {
  readonly store: EventStore
  wallMs: number
  monotonicMs: number
  readonly clock: Clock
}

type Open = (clock: Clock) => Promise<EventStore>

const stores: Readonly<Record<string, (t: TestContext) => Open>> = {
  SQLite: (t) => {
    const path = newFile(t)
    return (clock) => openSqliteEventStore(path, { clock })
  },
  memory: () => async (clock) => openMemoryEventStore({ clock }),
}

/** With two events, the subscription's attempts at them bounded by one. */
async function openBench(open: Open): Promise<Bench> {
  const time = { wallMs: startMs, monotonicMs: 5 }
  const clock: Clock = { nowMs: () => time.wallMs, monotonicMs: () => time.monotonicMs }
  const store = await open(clock)
  await store.append([newEvent(), newEvent()])
  await store.subscriptions.create(name, { topics: [], leaseMs, maxAttempts: 2, push: undefined }, { kind: 'earliest' })
  return Object.assign(time, { store, clock })
}

async function claimSeqs({ subscriptions }: EventStore): Promise<number[]> {
  const { deliveries = [] } = (await subscriptions.claim({ name, maxEvents: 10 })) ?? {}
  return deliveries.map(({ event }) => event.seq)
}

for (const [engine, opener] of Object.entries(stores)) {
  for (const jumpMs of [yearMs, -yearMs]) {
    const jump = jumpMs > 0 ? 'forward' : 'back'
    test(`${engine}: leases and delays go on when the wall clock jumps a year ${jump}`, async (t) => {
      const bench = await openBench(opener(t))
      await using store = bench.store
      const { deliveries = [] } = (await store.subscriptions.claim({ name, maxEvents: 10 })) ?? {}
      const [first, second] = deliveries.map(({ leaseToken }) => ({ name, leaseToken }))
      assert.ok(first !== undefined && second !== undefined)
      assert.equal(deliveries[0]?.leaseExpiresAtMs, startMs + leaseMs)
      await store.subscriptions.settle([{ kind: 'nack', ...second, delayMs: 60_000, reason: 'later' }])

      bench.wallMs += jumpMs
      bench.monotonicMs += 1000
      assert.deepEqual(await claimSeqs(store), [], 'the lease is held, the delay lasts')
      const state = await store.subscriptions.find(name)
      assert.deepEqual([state?.inFlight, state?.deadLetters], [1, 0])
      assert.deepEqual(await store.subscriptions.settle([{ kind: 'extend', ...first }]), ['done'])

      bench.monotonicMs += leaseMs
      const again = await store.subscriptions.claim({ name, maxEvents: 10 })
      assert.deepEqual(
        again?.deliveries.map(({ event, attempt }) => [event.seq, attempt]),
        [[1, 2]],
      )
      assert.equal(again?.deliveries[0]?.leaseExpiresAtMs, bench.wallMs + leaseMs, 'told by the clock that people see')
      bench.monotonicMs += 60_000 - leaseMs
      assert.deepEqual(await claimSeqs(store), [2])
      assert.deepEqual(
        (await store.subscriptions.readDeadLetters({ name, limit: 10, afterSeq: 0 }))?.deadLetters[0]?.atMs,
        bench.wallMs,
      )
    })
  }
}

test('SQLite: a lease of before a restart lasts no longer than a lease when the wall clock was set back a year', async (t) => {
  const open = stores.SQLite?.(t)
  assert.ok(open !== undefined)
  const bench = await openBench(open)
  const { deliveries = [] } = (await bench.store.subscriptions.claim({ name, maxEvents: 10 })) ?? {}
  const [, second] = deliveries.map(({ leaseToken }) => ({ name, leaseToken }))
  assert.ok(second !== undefined)
  await bench.store.subscriptions.settle([{ kind: 'nack', ...second, delayMs: 60_000, reason: 'later' }])
  await bench.store[Symbol.asyncDispose]()
  bench.wallMs -= yearMs
  await using store = await open(bench.clock)
  // How much of a delay is left nobody knows: it is over.
  assert.deepEqual(await claimSeqs(store), [2])
  bench.monotonicMs += leaseMs
  assert.deepEqual(await claimSeqs(store), [1])
})
