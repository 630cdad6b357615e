/**
 * What the store on PostgreSQL costs beside a bare INSERT … ON CONFLICT DO NOTHING from the same driver: one node, and two. All
 * in this process and on one server, which has the machine's disk; they take turns.
 */
import { tmpdir } from 'node:os'
import { type BenchEvent, openBatches, openEventSource, seedOfRun } from '../src/cli/bench-events.ts'
import { systemClock } from '../src/core/clock.ts'
import type { NewEvent } from '../src/core/event.ts'
import type { EventStore } from '../src/core/event-store.ts'
import { PackedEvents } from '../src/core/packed-events.ts'
import { parseTimestamp } from '../src/core/timestamp.ts'
import { textArray } from '../src/stores/postgres/binary-array.ts'
import { Connection } from '../src/stores/postgres/connection.ts'
import { openPostgresEventStore } from '../src/stores/postgres/postgres-event-store.ts'
import { PostgresServer } from '../test/support/postgres-server.ts'
import { atLeast, roundedSpreadOf, spreadText, tableText } from './budgets.ts'
import type { Bench, BenchCommand } from './command.ts'
import { defaultEvents } from './default-events.ts'
import { positive, positiveWhole } from './flags.ts'

const batchEvents = 1000
/** Groups that a node has under way. */
const appendsUnderWay = 2
const minShareOfBare = 0.7

export interface ClusterRun {
  /** Events per second. */
  readonly bare: number
  /** Over one connection: the statements take turns, as appends do. */
  readonly bareInTurn: number
  readonly oneNode: number
  readonly twoNodes: number
}

export interface ClusterOptions {
  /** Of each measurement. */
  readonly seconds: number
  readonly repeats: number
  /** Made ahead for each measurement, which ends early without them. */
  readonly batches: number
}

export const clusterCommand: BenchCommand = {
  name: 'cluster',
  summary: 'appends to PostgreSQL by one node and by two, beside a bare INSERT … ON CONFLICT DO NOTHING',
  options: {
    seconds: { description: 'of each measurement', default: '4' },
    repeats: { description: 'of every row', default: '5' },
    batches: { description: `of ${batchEvents} events, made ahead for each measurement`, default: '600' },
  },
  async run(flags, bench) {
    const options = {
      seconds: positive(flags, 'seconds'),
      repeats: positiveWhole(flags, 'repeats'),
      batches: positiveWhole(flags, 'batches'),
    }
    const runs = await measureCluster(options, bench)
    const names = ['bare', 'bareInTurn', 'oneNode', 'twoNodes'] as const
    const shares = runs.map(({ bare, oneNode }) => oneNode / bare)
    const sharesInTurn = runs.map(({ bareInTurn, oneNode }) => oneNode / bareInTurn)
    const rows = names.map((name) => [
      name,
      spreadText(
        runs.map((run) => run[name]),
        '',
      ),
    ])
    rows.push(['one node of bare', spreadText(shares, '')], ['one node of bareInTurn', spreadText(sharesInTurn, '')])
    bench.print(tableText([['events/s', ''], ...rows]))
    const figures = Object.fromEntries(names.map((name) => [name, roundedSpreadOf(runs.map((run) => run[name]))]))
    return {
      result: {
        ...options,
        events: defaultEvents,
        ...figures,
        shareOfBare: roundedSpreadOf(shares),
        shareOfBareInTurn: roundedSpreadOf(sharesInTurn),
      },
      budgets: [
        atLeast({ what: 'one node, of a bare INSERT', measured: shares, limit: minShareOfBare, unit: '' }),
        atLeast({
          what: 'two nodes, of one',
          measured: runs.map(({ oneNode, twoNodes }) => twoNodes / oneNode),
          limit: 1,
          unit: '',
        }),
      ],
    }
  },
}

export async function measureCluster(
  options: ClusterOptions,
  { signal, line }: Pick<Bench, 'signal' | 'line'>,
): Promise<ClusterRun[]> {
  const settings = { shared_buffers: '512MB', max_wal_size: '2GB' }
  const server = await PostgresServer.create(settings, process.env.TMPDIR ?? tmpdir())
  try {
    const runs: ClusterRun[] = []
    for (let repeat = 0; repeat < options.repeats; repeat++) {
      const measure = async (name: string, round: number, open: (url: string) => Promise<Appenders>) => {
        signal.throwIfAborted()
        line.paintNow(`repeat ${repeat + 1} of ${options.repeats}: ${name}`)
        const batches = makeBatches(options.batches, seedOfRun(defaultEvents.seed, 4 * repeat + round))
        await using appenders = await open(await server.createDatabase())
        return await drive(appenders, batches, options.seconds)
      }
      runs.push({
        bare: await measure('a bare INSERT', 0, (url) => openBare(url, appendsUnderWay)),
        bareInTurn: await measure('a bare INSERT, in turn', 1, (url) => openBare(url, 1)),
        oneNode: await measure('one node', 2, (url) => openNodes(url, 1)),
        twoNodes: await measure('two nodes', 3, (url) => openNodes(url, 2)),
      })
    }
    return runs
  } finally {
    await server.remove()
  }
}

/** Each takes one batch at a time; those of one node overlap. */
interface Appenders extends AsyncDisposable {
  readonly all: readonly ((batch: Batch) => Promise<unknown>)[]
}

interface Batch {
  readonly events: readonly BenchEvent[]
  readonly packed: PackedEvents
}

function makeBatches(count: number, seed: number): Batch[] {
  const next = openBatches(openEventSource({ ...defaultEvents, seed }, Date.now()), 0, seed)
  return Array.from({ length: count }, () => {
    const { events } = next(batchEvents)
    return { events, packed: PackedEvents.from(events.map(newEvent)) }
  })
}

function newEvent({ topic, event_id: eventId, timestamp, source, payload }: BenchEvent): NewEvent {
  return { topic, eventId, timestamp, instant: parseTimestamp(timestamp) ?? { ms: 0, fraction: '' }, source, payload }
}

/** @returns events per second. The first batches do not count: tables, plans and code are new. */
async function drive({ all }: Appenders, batches: Batch[], seconds: number): Promise<number> {
  const takeAll = async (append: (batch: Batch) => Promise<unknown>, endMs: number): Promise<number> => {
    let events = 0
    while (performance.now() < endMs) {
      const batch = batches.pop()
      if (batch === undefined) break
      await append(batch)
      events += batchEvents
    }
    return events
  }
  const run = (forMs: number) => {
    const endMs = performance.now() + forMs
    return Promise.all(all.map((append) => takeAll(append, endMs)))
  }
  await run(Math.min(500, seconds * 250))
  const startedAtMs = performance.now()
  const counts = await run(seconds * 1000)
  return (counts.reduce((sum, count) => sum + count, 0) * 1000) / (performance.now() - startedAtMs)
}

async function openNodes(url: string, count: number): Promise<Appenders> {
  const stores: EventStore[] = Array.from({ length: count }, () => openPostgresEventStore(url, { clock: systemClock }))
  // One after the other: the first makes the tables.
  for (const store of stores) await store.checkWritable()
  const all = stores.flatMap((store) =>
    Array.from(
      { length: appendsUnderWay },
      () =>
        ({ packed }: Batch) =>
          store.append(packed),
    ),
  )
  return {
    all,
    async [Symbol.asyncDispose]() {
      for (const store of stores) await store[Symbol.asyncDispose]()
    },
  }
}

const createTable = `
  CREATE TABLE bare (topic text, event_id text, "timestamp" text, source text, payload text, PRIMARY KEY (topic, event_id))`
const insert = {
  name: 'bare_insert',
  text: `INSERT INTO bare SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[]) ON CONFLICT DO NOTHING`,
}

/** With as many connections as a node has groups under way no lock makes them take turns. */
async function openBare(url: string, count: number): Promise<Appenders> {
  const connections = await Promise.all(Array.from({ length: count }, () => Connection.open(url)))
  await connections[0]?.run(createTable)
  return {
    all: connections.map((connection) => ({ events }: Batch) => {
      const columns = ['topic', 'event_id', 'timestamp', 'source', 'payload'] as const
      return connection.query(
        insert,
        columns.map((column) => textArray(events.map((event) => event[column]))),
      )
    }),
    async [Symbol.asyncDispose]() {
      for (const connection of connections) await connection.close()
    },
  }
}
