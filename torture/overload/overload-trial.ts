/**
 * One trial: the peak is measured with a closed load, then ten times as many requests are due as the server took then,
 * beside a few publishers that honour Retry-After. What was acknowledged is looked for afterwards.
 */
import { writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { readProcessMemory } from '../../bench/process-memory.ts'
import { productEnvironment, productFlags } from '../../bench/product-flags.ts'
import { BenchConnection } from '../../src/cli/bench-connection.ts'
import type { Trial, TrialResult } from '../fault.ts'
import { type Random, seededRandom } from '../random.ts'
import { type ServerProcess, startServer } from '../server-process.ts'
import { type LoadOutcome, runClosedLoad, runOpenLoad } from './load.ts'
import type { Acknowledged, LoadTally } from './load-tally.ts'
import { RequestPool, type RequestShape } from './request-pool.ts'
import { type PublisherOutcome, startPublishers } from './well-behaved.ts'

export interface OverloadPlan {
  readonly warmUpMs: number
  readonly peakMs: number
  readonly stormMs: number
  /** Of the closed load. */
  readonly peakConnections: number
  /** Of the storm: what is due while all of them wait for their answers is not sent. */
  readonly stormConnections: number
  /** Undefined: of the rate that was measured. */
  readonly stormRequestsPerSecond?: number
  /** Whether goodput and latencies count: only on a machine that does nothing else. */
  readonly isTimed: boolean
}

const loadFactor = 10
const maxResidentBytes = 400 * 1024 * 1024
const minGoodput = 0.8
const maxLatencyMs = 1000
const maxResentRequests = 2000
const publishers = 4

export interface PhaseFigures {
  readonly shape: RequestShape
  readonly peakEventsPerSecond: number
  readonly stormEventsPerSecond: number
  /** Sent in the storm, of what the peak took. */
  readonly sentOfPeak: number
  readonly refusedPerSecond: number
  readonly acceptedP99Ms: number
  readonly refusedP99Ms: number
  readonly peakMiB: number
}

/** Runs the phases one after the other on one server; writes its figures to `overload.json` in the trial's folder. */
export async function runOverload(trial: Trial, plan: OverloadPlan): Promise<TrialResult> {
  const violations: string[] = []
  await fillCompileCache(trial)
  await using server = startServer({
    store: `sqlite:${join(trial.folder, 'overload.db')}`,
    logFile: join(trial.folder, 'server.log'),
    nodeArgs: productFlags(),
    env: productEnvironment(),
    // The load has the other cores: a server that is slowed down by its load generator is not overloaded.
    wrapper: availableParallelism() > 1 ? ['taskset', '-c', String(availableParallelism() - 1)] : [],
  })
  const url = new URL('/publish', await server.listening)
  const random = seededRandom(trial.seed)
  const storm = new Storm({ trial, plan, server, url, random, violations })
  const figures = [await storm.run('small', smallShapes(random)), await storm.run('large', largeShapes(random))]
  writeFileSync(join(trial.folder, 'overload.json'), JSON.stringify(figures, undefined, 2))
  await storm.checkCounts()
  return { tried: storm.acknowledgedEvents, violations }
}

/**
 * Starts and stops a server. Its successor finds its sources without types, as the published package has them; stripping
 * them takes 50 MiB, in four threads, that are not given back.
 */
async function fillCompileCache({ folder }: Trial): Promise<void> {
  await using server = startServer({ store: `sqlite:${join(folder, 'first.db')}`, logFile: join(folder, 'server.log') })
  await server.listening
  server.child.kill('SIGTERM')
  await server.exited
}

/** A batch, and two single events beside each. */
function smallShapes(random: Random): RequestShape[] {
  const single = { events: 1, payloadBytes: 150 }
  return [{ events: random.of([10, 100, 1000]), payloadBytes: 150 }, single, single]
}

/** 0.25 to 1 MB a request. */
function largeShapes(random: Random): RequestShape[] {
  return [{ events: random.of([5, 20]), payloadBytes: 50_000 }]
}

interface StormOptions {
  readonly trial: Trial
  readonly plan: OverloadPlan
  readonly server: ServerProcess
  readonly url: URL
  readonly random: Random
  readonly violations: string[]
}

class Storm {
  readonly #options: StormOptions
  readonly #loads: LoadTally[] = []
  readonly #published: PublisherOutcome[] = []

  constructor(options: StormOptions) {
    this.#options = options
  }

  get acknowledgedEvents(): number {
    return sum([...this.#loads, ...this.#published].map(({ acknowledgedEvents }) => acknowledgedEvents))
  }

  async run(phase: string, shapes: readonly RequestShape[]): Promise<PhaseFigures> {
    const { url, plan, trial, server, violations } = this.#options
    const pools = shapes.map((shape, index) => new RequestPool({ url, topic: `${phase}.${index}`, shape }))
    let turn = 0
    const nextPool = () => pools[turn++ % pools.length] as RequestPool
    const load = { url, nextPool, signal: trial.signal }
    const closed = { ...load, connections: plan.peakConnections }
    const warmUp = await runClosedLoad({ ...closed, durationMs: plan.warmUpMs })
    const peak = await runClosedLoad({ ...closed, durationMs: plan.peakMs })
    const wellBehaved = startPublishers({ url, phase, publishers, signal: trial.signal })
    const requestsPerSecond =
      plan.stormRequestsPerSecond ?? Math.ceil((loadFactor * peak.tally.requests) / peak.seconds)
    const stormLoad = { ...load, connections: plan.stormConnections, durationMs: plan.stormMs }
    const storm = await runOpenLoad(stormLoad, requestsPerSecond)
    const published = await wellBehaved.finish()
    this.#published.push(published)
    violations.push(
      ...published.failures.map((failure) => `${phase}: a publisher that waits was given up on: ${failure}`),
    )
    for (const { tally } of [warmUp, peak, storm]) {
      this.#loads.push(tally)
      for (const [what, times] of tally.unexpected) {
        violations.push(`${phase}: only 202, and 429 or 503 with Retry-After were expected; ${times} times: ${what}`)
      }
    }
    await this.#checkHealed(phase)
    const figures = figuresOf(shapes[0] as RequestShape, { peak, storm, server })
    if (!(figures.peakMiB < maxResidentBytes / 2 ** 20)) {
      violations.push(
        `${phase}: less than ${maxResidentBytes / 2 ** 20} MiB was expected, and ${figures.peakMiB.toFixed(0)} were resident`,
      )
    }
    if (plan.isTimed) violations.push(...timingFaults(phase, figures))
    await this.#checkStored(
      phase,
      [warmUp, peak, storm].flatMap(({ tally }) => tally.acknowledged),
    )
    return figures
  }

  /** What was acknowledged, sent again: nothing of it may be new. */
  async #checkStored(phase: string, acknowledged: readonly Acknowledged[]): Promise<void> {
    const { url, random, violations } = this.#options
    using connection = new BenchConnection(url)
    const share = Math.min(1, maxResentRequests / acknowledged.length)
    for (const { pool, number } of acknowledged) {
      if (random.share() >= share) continue
      const { bytes, shape } = pool.make(number)
      const { status, body } = await connection.send(bytes)
      const again = status === 202 ? JSON.parse(body).duplicates : 0
      if (again !== shape.events) {
        violations.push(
          `${phase}: acknowledged request ${number} was stored, but ${shape.events - again} of its events are not: ${status} ${body}`,
        )
      }
    }
  }

  async #checkHealed(phase: string): Promise<void> {
    const { url, violations } = this.#options
    const { status } = await fetch(new URL('/readyz', url))
    if (status !== 200) violations.push(`${phase}: ready after the storm was expected, and /readyz answered ${status}`)
    const stats = await readStats(url)
    if (stats.queue.size !== 0)
      violations.push(`${phase}: an empty queue was expected after the storm, and it has ${stats.queue.size}`)
  }

  /** Every event that was acknowledged was counted once; what got no answer may be there or not. */
  async checkCounts(): Promise<void> {
    const { url, violations } = this.#options
    const { unique_processed: unique, received, duplicate_dropped: duplicates } = await readStats(url)
    const acknowledged = this.acknowledgedEvents
    const most = acknowledged + sum(this.#loads.map(({ unknownEvents }) => unknownEvents))
    if (unique < acknowledged || unique > most) {
      violations.push(`${acknowledged} to ${most} stored events were expected, and ${unique} are counted`)
    }
    if (received !== unique + duplicates)
      violations.push(`received ${received}, unique ${unique}, duplicates ${duplicates}`)
  }
}

function figuresOf(
  shape: RequestShape,
  { peak, storm, server }: { peak: LoadOutcome; storm: LoadOutcome; server: ServerProcess },
): PhaseFigures {
  const perSecond = ({ tally, seconds }: LoadOutcome) => tally.acknowledgedEvents / seconds
  return {
    shape,
    peakEventsPerSecond: perSecond(peak),
    stormEventsPerSecond: perSecond(storm),
    sentOfPeak: storm.tally.requests / storm.seconds / (peak.tally.requests / peak.seconds),
    refusedPerSecond: storm.tally.refusedRequests / storm.seconds,
    acceptedP99Ms: storm.tally.acceptedLatencies.quantileMs(0.99),
    refusedP99Ms: storm.tally.refusedLatencies.quantileMs(0.99),
    peakMiB: (readProcessMemory(server.pid)?.peakBytes ?? 0) / 2 ** 20,
  }
}

function timingFaults(phase: string, figures: PhaseFigures): string[] {
  const { peakEventsPerSecond, stormEventsPerSecond, acceptedP99Ms, refusedP99Ms } = figures
  const goodput = stormEventsPerSecond / peakEventsPerSecond
  return [
    ...(goodput < minGoodput
      ? [`${phase}: goodput of ${minGoodput} of the peak was expected, and was ${goodput.toFixed(2)}`]
      : []),
    ...(acceptedP99Ms >= maxLatencyMs
      ? [`${phase}: acks within ${maxLatencyMs} ms were expected, and p99 was ${acceptedP99Ms.toFixed(0)}`]
      : []),
    ...(refusedP99Ms >= maxLatencyMs
      ? [`${phase}: refusals within ${maxLatencyMs} ms were expected, and p99 was ${refusedP99Ms.toFixed(0)}`]
      : []),
  ]
}

interface Stats {
  readonly received: number
  readonly unique_processed: number
  readonly duplicate_dropped: number
  readonly queue: { readonly size: number }
}

async function readStats(url: URL): Promise<Stats> {
  const response = await fetch(new URL('/stats', url))
  return (await response.json()) as Stats
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
