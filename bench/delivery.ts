/**
 * From publishers to consumers: how long an event takes to a live tail, how many events go out to many tails, what an idle
 * tail costs, and how fast a subscription is pulled and acked.
 */
import { Latencies } from '../src/cli/bench-latencies.ts'
import { formatCount } from '../src/cli/format.ts'
import { atMost, roundedSpreadOf, spreadText, tableText } from './budgets.ts'
import type { Bench, BenchCommand } from './command.ts'
import { defaultEvents } from './default-events.ts'
import { type DeliveryClient, openDeliveryClient } from './delivery-client.ts'
import { positive, positiveWhole, positiveWholes } from './flags.ts'
import { readProcessMemory } from './process-memory.ts'
import { withServer } from './proven-load.ts'
import { openTailReaders } from './tail-readers.ts'

const maxIdleKiB = 30
const fanOutBatchEvents = 100
const pullWorkers = 4
const subscription = 'bench'

export interface DeliveryOptions {
  /** Of each measurement. */
  readonly seconds: number
  readonly repeats: number
  /** How many tails there are, one figure each. */
  readonly readers: readonly number[]
  readonly idleReaders: number
  /** Events that are pulled. */
  readonly backlog: number
}

export interface DeliveryRun {
  readonly tailP50Ms: number
  readonly tailP99Ms: number
  /** Events that all tails together received, per second, by how many tails there are. */
  readonly fanOut: readonly { readonly readers: number; readonly eventsPerSecond: number }[]
  /** Undefined where the system does not tell. */
  readonly idleReaderKiB: number | undefined
  readonly pulledPerSecond: number
}

export const deliveryCommand: BenchCommand = {
  name: 'delivery',
  summary: 'publish to live tail, fan-out to many tails, idle tails, pull and ack',
  options: {
    seconds: { description: 'of each measurement', default: '5' },
    repeats: { description: 'of everything', default: '3' },
    readers: { description: 'live tails of the fan-out, with commas', default: '1,100,1000' },
    idle: { description: 'live tails that only wait', default: '5000' },
    backlog: { description: 'events that are pulled and acked', default: '200000' },
  },
  async run(flags, bench) {
    const options = {
      seconds: positive(flags, 'seconds'),
      repeats: positiveWhole(flags, 'repeats'),
      readers: positiveWholes(flags, 'readers'),
      idleReaders: positiveWhole(flags, 'idle'),
      backlog: positiveWhole(flags, 'backlog'),
    }
    const runs = await measureDelivery(options, bench)
    const figures = figuresOf(runs, options)
    bench.print(tableText([['', ''], ...figures.map(({ what, values }) => [what, spreadText(values, '')])]))
    const spreads = figures.map(({ what, values }) => [what, roundedSpreadOf(values)])
    const idle = runs.flatMap(({ idleReaderKiB }) => idleReaderKiB ?? [])
    const budgets =
      idle.length === 0 ? [] : [atMost({ what: 'an idle tail', measured: idle, limit: maxIdleKiB, unit: 'KiB' })]
    return { result: { ...options, events: defaultEvents, figures: Object.fromEntries(spreads) }, budgets }
  },
}

/** Each part on a server of its own. */
export async function measureDelivery(
  options: DeliveryOptions,
  { signal, line }: Pick<Bench, 'signal' | 'line'>,
): Promise<DeliveryRun[]> {
  const runs: DeliveryRun[] = []
  for (let repeat = 0; repeat < options.repeats; repeat++) {
    const say = (text: string) => line.paintNow(`repeat ${repeat + 1} of ${options.repeats}: ${text}`)
    const onServer = <T>(work: (client: DeliveryClient) => Promise<T>) =>
      withServer({ signal }, async (server) => {
        using client = openDeliveryClient(server, signal)
        return await work(client)
      })
    say('publish to live tail')
    const latencies = await onServer((client) => measureTail(client, options.seconds))
    const fanOut = []
    for (const readers of options.readers) {
      say(`${readers} live tails`)
      const eventsPerSecond = await onServer((client) => measureFanOut(client, readers, options.seconds))
      fanOut.push({ readers, eventsPerSecond })
    }
    say('idle live tails')
    const idleReaderKiB = await onServer((client) => measureIdle(client, options.idleReaders))
    say('pull and ack')
    const pulledPerSecond = await onServer((client) => measurePull(client, options.backlog))
    const quantiles = { tailP50Ms: latencies.quantileMs(0.5), tailP99Ms: latencies.quantileMs(0.99) }
    runs.push({ ...quantiles, fanOut, idleReaderKiB, pulledPerSecond })
  }
  return runs
}

/** From sending the request to the last byte at a reader, one event after the other. */
async function measureTail(client: DeliveryClient, seconds: number): Promise<Latencies> {
  using readers = await openTailReaders(client.url, 1)
  const [reader] = readers.all
  const latencies = new Latencies()
  const endMs = performance.now() + seconds * 1000
  for (let sent = 1; performance.now() < endMs; sent++) {
    const startedAtMs = performance.now()
    await Promise.all([client.publish(1), reader?.reach(sent)])
    latencies.record((reader?.lastAtMs ?? 0) - startedAtMs)
  }
  return latencies
}

/** The next batch goes out when every reader has the last one: none is cut off, and what is counted has arrived. */
async function measureFanOut(client: DeliveryClient, count: number, seconds: number): Promise<number> {
  using readers = await openTailReaders(client.url, count)
  const startedAtMs = performance.now()
  let sent = 0
  while (performance.now() < startedAtMs + seconds * 1000) {
    sent += fanOutBatchEvents
    await client.publish(fanOutBatchEvents)
    await Promise.all(readers.all.map((reader) => reader.reach(sent)))
  }
  return (sent * count * 1000) / (performance.now() - startedAtMs)
}

async function measureIdle(client: DeliveryClient, count: number): Promise<number | undefined> {
  // What the first ones cost the process for good is not theirs.
  using first = await openTailReaders(client.url, 200)
  await client.publish(1)
  const before = readProcessMemory(client.pid)
  using readers = await openTailReaders(client.url, count)
  await client.publish(1)
  await Promise.all([...first.all, ...readers.all].map((reader) => reader.reach(1)))
  const after = readProcessMemory(client.pid)
  return before && after && (after.rssBytes - before.rssBytes) / 1024 / count
}

async function measurePull(client: DeliveryClient, backlog: number): Promise<number> {
  await client.subscribe(subscription)
  for (let sent = 0; sent < backlog; sent += 1000) await client.publish(Math.min(1000, backlog - sent))
  const startedAtMs = performance.now()
  let acked = 0
  await Promise.all(
    Array.from({ length: pullWorkers }, async () => {
      for (let taken = -1; taken !== 0; acked += taken) taken = await client.pullAndAck(subscription)
    }),
  )
  // The workers' last turns found nothing.
  if (acked !== backlog) throw new Error(`${acked} of ${backlog} events were acked`)
  return (acked * 1000) / (performance.now() - startedAtMs)
}

function figuresOf(runs: readonly DeliveryRun[], { readers }: DeliveryOptions) {
  const idle = runs.flatMap(({ idleReaderKiB }) => idleReaderKiB ?? [])
  return [
    { what: 'publish to tail, p50 ms', values: runs.map(({ tailP50Ms }) => tailP50Ms) },
    { what: 'publish to tail, p99 ms', values: runs.map(({ tailP99Ms }) => tailP99Ms) },
    ...readers.map((count, at) => ({
      what: `events/s out to ${formatCount(count)} ${count === 1 ? 'tail' : 'tails'}`,
      values: runs.map(({ fanOut }) => fanOut[at]?.eventsPerSecond ?? 0),
    })),
    ...(idle.length === 0 ? [] : [{ what: 'KiB an idle tail', values: idle }]),
    { what: `events/s pulled and acked, ${pullWorkers} workers`, values: runs.map((run) => run.pulledPerSecond) },
  ]
}
