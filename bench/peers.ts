/**
 * Sekali beside the programs one would otherwise reach for: the same events, batches and connections, each with dedup, all
 * on this machine and in one run. What an ack promises differs and is printed. Peers take turns, so that a slow minute
 * hits all of them.
 *
 * Usage: node bench/peers.ts [--seconds S] [--repeats N] [--sizes 1,100,1000] [--duplicates RATIO] [--only NAME,…] [--write]
 *
 * `--only redis` means every peer whose name begins so. `--write` keeps the result in bench/results/peers.json.
 * Stores lie in the system's temporary folder; set TMPDIR when that is not on the disk to be measured.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { openEventSource } from '../src/cli/bench-events.ts'
import { describeCommit, describeMachine } from './machine.ts'
import { measure } from './measure.ts'
import { natsPeers } from './peers/nats.ts'
import type { Peer } from './peers/peer.ts'
import { postgresqlPeer } from './peers/postgresql.ts'
import { redisPeers } from './peers/redis.ts'
import { sekaliPeer } from './peers/sekali.ts'
import { rawAppendPeer } from './raw-append.ts'

const allPeers: readonly Peer[] = [sekaliPeer, rawAppendPeer(), ...redisPeers, postgresqlPeer, ...natsPeers]
/** An event is about 280 bytes of JSON. */
const events = { idKind: 'uuid4', topics: 10, topicPrefix: 'bench.', payloadBytes: 150, seed: 1 } as const

interface Row {
  readonly peer: string
  readonly batchEvents: number
  readonly connections: number
  /** Events per second, rounded. */
  readonly median: number
  readonly min: number
  readonly max: number
  /** Of one core, the median; see `Driven`. */
  readonly clientCpu: number
}

const { values: options } = parseArgs({
  options: {
    seconds: { type: 'string', default: '5' },
    repeats: { type: 'string', default: '5' },
    sizes: { type: 'string', default: '1,100,1000' },
    duplicates: { type: 'string', default: '0' },
    only: { type: 'string', default: '' },
    write: { type: 'boolean', default: false },
  },
})
const seconds = positive('seconds', options.seconds)
const repeats = positive('repeats', options.repeats)
const sizes = options.sizes.split(',').map((text) => positive('sizes', text))
const duplicateRatio = Number(options.duplicates)
if (!(duplicateRatio >= 0 && duplicateRatio <= 1)) throw new Error('--duplicates must be a number from 0 to 1')
const prefixes = options.only.split(',')
const chosen = allPeers.filter(({ name }) => prefixes.some((prefix) => name.startsWith(prefix)))
if (chosen.length === 0) throw new Error(`--only: the peers are ${allPeers.map(({ name }) => name).join(', ')}`)

const interrupted = new AbortController()
process.once('SIGINT', () => interrupted.abort(new Error('interrupted')))

const machine = describeMachine()
const commit = describeCommit()
const found = chosen.map((peer) => ({ peer, availability: peer.availability() }))
const installed = found.flatMap(({ peer, availability }) =>
  'version' in availability ? [{ peer, version: availability.version }] : [],
)
const leftOut = found.flatMap(({ peer, availability }) =>
  'missing' in availability ? [{ name: peer.name, why: availability.missing }] : [],
)
print(
  `${machine.cores} x ${machine.cpu}, ${machine.system}, Node ${machine.node}, ${machine.fileSystem}, commit ${commit}`,
)
if (machine.fileSystem === 'tmpfs') print('The temporary folder is in memory: nothing here is durable. Set TMPDIR.')
print(`${repeats} runs of ${seconds} s each, peers taking turns; ${100 * duplicateRatio} % duplicates\n`)
for (const { peer, version } of installed) print(`${peer.name.padEnd(17)} ${version}; ${peer.durability}`)
for (const { name, why } of leftOut) print(`${name.padEnd(17)} left out: ${why}`)
print('\nbatch  connections  peer                events/s median (min to max)  of raw append  client CPU')
const rows: Row[] = []
for (const batchEvents of sizes) {
  const measured = await measureSize(batchEvents)
  const raw = measured.find(({ peer }) => peer === 'raw-append')
  for (const row of measured) print(rowText(row, raw))
  rows.push(...measured)
}
if (options.write) keep()

/** Every peer in turn, then all of them again. */
async function measureSize(batchEvents: number): Promise<Row[]> {
  const connections = batchEvents < 10 ? 64 : batchEvents < 500 ? 8 : 4
  const runs = installed.map(({ peer }) => ({ peer, rates: [] as number[], clientCpus: [] as number[] }))
  for (let repeat = 1; repeat <= repeats; repeat++) {
    for (const { peer, rates, clientCpus } of runs) {
      if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${batchEvents} a batch, run ${repeat}: ${peer.name} \r`)
      const source = openEventSource(events, Date.now())
      const { signal } = interrupted
      const run = await measure({ peer, batchEvents, connections, seconds, source, duplicateRatio, signal })
      rates.push(run.eventsPerSecond)
      clientCpus.push(run.clientCpu)
    }
  }
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K')
  return runs.map(({ peer, rates, clientCpus }) => ({
    peer: peer.name,
    batchEvents,
    connections: Math.min(connections, peer.maxConnections ?? connections),
    ...spread(rates),
    clientCpu: Math.round(100 * median(clientCpus)) / 100,
  }))
}

function spread(rates: readonly number[]): Pick<Row, 'median' | 'min' | 'max'> {
  return { median: Math.round(median(rates)), min: Math.round(Math.min(...rates)), max: Math.round(Math.max(...rates)) }
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return ((sorted[(sorted.length - 1) >> 1] ?? 0) + (sorted[sorted.length >> 1] ?? 0)) / 2
}

function rowText(
  { peer, batchEvents, connections, median: middle, min, max, clientCpu }: Row,
  raw: Row | undefined,
): string {
  const share = raw === undefined ? '' : `${Math.round((100 * middle) / raw.median)} %`
  return [
    String(batchEvents).padStart(5),
    String(connections).padStart(11),
    peer.padEnd(18),
    `${middle} (${min} to ${max})`.padStart(28),
    share.padStart(13),
    `${Math.round(100 * clientCpu)} %`.padStart(10),
  ].join('  ')
}

function keep(): void {
  const folder = new URL('results/', import.meta.url)
  mkdirSync(folder, { recursive: true })
  const result = {
    measuredAt: new Date().toISOString(),
    commit,
    command: ['node', 'bench/peers.ts', ...process.argv.slice(2)].join(' '),
    machine,
    events,
    duplicateRatio,
    seconds,
    repeats,
    peers: installed.map(({ peer, version }) => ({ name: peer.name, version, durability: peer.durability })),
    leftOut,
    rows,
  }
  const file = new URL('peers.json', folder)
  writeFileSync(file, `${JSON.stringify(result, undefined, 2)}\n`)
  print('\nKept in bench/results/peers.json')
}

function positive(option: string, text: string): number {
  const value = Number(text)
  if (!(value > 0)) throw new Error(`--${option} must be above 0, not "${text}"`)
  return value
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}
