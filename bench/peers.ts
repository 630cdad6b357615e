/**
 * Sekali beside the programs one would otherwise reach for: the same events, batches and connections, each with dedup, all
 * on this machine and in one run. What an ack promises differs and is printed. Peers take turns, so that a slow minute
 * hits all of them.
 */
import { UsageError } from '../src/app/config.ts'
import { openEventSource } from '../src/cli/bench-events.ts'
import { spreadOf } from '../src/cli/bench-rows.ts'
import { wholeSpreadOf } from './budgets.ts'
import type { Bench, BenchCommand } from './command.ts'
import { defaultEvents } from './default-events.ts'
import { positive, positiveWhole, positiveWholes } from './flags.ts'
import { measure } from './measure.ts'
import { natsPeers } from './peers/nats.ts'
import type { Peer } from './peers/peer.ts'
import { postgresqlPeer } from './peers/postgresql.ts'
import { redisPeers } from './peers/redis.ts'
import { sekaliPeer } from './peers/sekali.ts'
import { rawAppendPeer } from './raw-append.ts'

const allPeers: readonly Peer[] = [sekaliPeer, rawAppendPeer(), ...redisPeers, postgresqlPeer, ...natsPeers]

export interface PeersOptions {
  readonly peers: readonly Peer[]
  /** Of each measurement. */
  readonly seconds: number
  readonly repeats: number
  /** 0 to 1: the share of events that were sent before. */
  readonly duplicateRatio: number
}

export interface PeerRow {
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

export const peersCommand: BenchCommand = {
  name: 'peers',
  summary: 'Sekali beside Redis, PostgreSQL and NATS, whichever are installed',
  options: {
    seconds: { description: 'of each measurement', default: '5' },
    repeats: { description: 'of every peer at every size', default: '5' },
    sizes: { description: 'events a batch', default: '1,100,1000' },
    duplicates: { description: 'share of events that were sent before, 0 to 1', default: '0' },
    only: { description: 'NAME,…: the peers whose names begin so', default: '' },
  },
  async run(flags, bench) {
    const duplicateRatio = Number(flags.duplicates)
    if (!(duplicateRatio >= 0 && duplicateRatio <= 1)) throw new UsageError('--duplicates must be a number from 0 to 1')
    const timing = { seconds: positive(flags, 'seconds'), repeats: positiveWhole(flags, 'repeats') }
    const sizes = positiveWholes(flags, 'sizes')
    const { installed, leftOut } = findPeers(flags.only ?? '')
    bench.print(`${timing.repeats} runs of ${timing.seconds} s each; ${100 * duplicateRatio} % duplicates\n`)
    for (const { peer, version } of installed) bench.print(`${peer.name.padEnd(17)} ${version}; ${peer.durability}`)
    for (const { name, why } of leftOut) bench.print(`${name.padEnd(17)} left out: ${why}`)
    bench.print('\nbatch  connections  peer                events/s median (min to max)  of raw append  client CPU')
    const rows: PeerRow[] = []
    const options = { ...timing, duplicateRatio, peers: installed.map(({ peer }) => peer) }
    for (const batchEvents of sizes) {
      const measured = await measurePeers(batchEvents, options, bench)
      const raw = measured.find(({ peer }) => peer === 'raw-append')
      for (const row of measured) bench.print(rowText(row, raw))
      rows.push(...measured)
    }
    const peers = installed.map(({ peer, version }) => ({ name: peer.name, version, durability: peer.durability }))
    return { result: { events: defaultEvents, duplicateRatio, ...timing, peers, leftOut, rows }, budgets: [] }
  },
}

/** @throws UsageError when no peer has such a name. */
function findPeers(only: string) {
  const prefixes = only.split(',')
  const chosen = allPeers.filter(({ name }) => prefixes.some((prefix) => name.startsWith(prefix)))
  if (chosen.length === 0) throw new UsageError(`--only: the peers are ${allPeers.map(({ name }) => name).join(', ')}`)
  const found = chosen.map((peer) => ({ peer, availability: peer.availability() }))
  return {
    installed: found.flatMap(({ peer, availability }) =>
      'version' in availability ? [{ peer, version: availability.version }] : [],
    ),
    leftOut: found.flatMap(({ peer, availability }) =>
      'missing' in availability ? [{ name: peer.name, why: availability.missing }] : [],
    ),
  }
}

/** Every peer in turn, then all of them again. */
export async function measurePeers(
  batchEvents: number,
  { peers, seconds, repeats, duplicateRatio }: PeersOptions,
  { signal, line }: Pick<Bench, 'signal' | 'line'>,
): Promise<PeerRow[]> {
  const connections = batchEvents < 10 ? 64 : batchEvents < 500 ? 8 : 4
  const runs = peers.map((peer) => ({ peer, rates: [] as number[], clientCpus: [] as number[] }))
  for (let repeat = 1; repeat <= repeats; repeat++) {
    for (const { peer, rates, clientCpus } of runs) {
      line.paintNow(`${batchEvents} a batch, run ${repeat}: ${peer.name}`)
      const source = openEventSource(defaultEvents, Date.now())
      const run = await measure({ peer, batchEvents, connections, seconds, source, duplicateRatio, signal })
      rates.push(run.eventsPerSecond)
      clientCpus.push(run.clientCpu)
    }
  }
  return runs.map(({ peer, rates, clientCpus }) => ({
    peer: peer.name,
    batchEvents,
    connections: Math.min(connections, peer.maxConnections ?? connections),
    ...wholeSpreadOf(rates),
    clientCpu: Math.round(100 * spreadOf(clientCpus).median) / 100,
  }))
}

function rowText(
  { peer, batchEvents, connections, median: middle, min, max, clientCpu }: PeerRow,
  raw: PeerRow | undefined,
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
