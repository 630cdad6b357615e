/**
 * The two ways to load a server: closed, where each connection sends its next request when it has its answer, and open,
 * where requests are due at a fixed rate whatever the server does. Clients of the open one do not honour Retry-After.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { BenchConnection } from '../../src/cli/bench-connection.ts'
import { LoadTally } from './load-tally.ts'
import type { RequestPool } from './request-pool.ts'

export interface LoadOptions {
  readonly url: URL
  /** Asked for each request which pool it comes from. */
  readonly nextPool: () => RequestPool
  readonly connections: number
  readonly durationMs: number
  readonly signal: AbortSignal
}

export interface LoadOutcome {
  readonly tally: LoadTally
  /** While requests were sent. */
  readonly seconds: number
}

const tickMs = 1
/** Requests sent before the answers get a turn. */
const maxBurst = 64

export async function runClosedLoad(options: LoadOptions): Promise<LoadOutcome> {
  const { url, connections, durationMs, signal } = options
  const tally = new LoadTally()
  const startedMs = performance.now()
  const endMs = startedMs + durationMs
  const drive = async () => {
    using connection = new BenchConnection(url)
    while (performance.now() < endMs && !signal.aborted) await sendOne(connection, options, tally)
  }
  await Promise.all(Array.from({ length: connections }, drive))
  signal.throwIfAborted()
  return { tally, seconds: (performance.now() - startedMs) / 1000 }
}

/** @param requestsPerSecond that are due; what finds no free connection is counted and left out. */
export async function runOpenLoad(options: LoadOptions, requestsPerSecond: number): Promise<LoadOutcome> {
  const { url, connections, durationMs, signal } = options
  using opened = new DisposableStack()
  const free = Array.from({ length: connections }, () => opened.use(new BenchConnection(url)))
  const tally = new LoadTally()
  const underWay = new Set<Promise<void>>()
  const startedMs = performance.now()
  let due = 0
  for (;;) {
    const elapsedMs = performance.now() - startedMs
    if (elapsedMs >= durationMs || signal.aborted) break
    const dueNow = Math.min(Math.floor((elapsedMs * requestsPerSecond) / 1000), due + maxBurst)
    for (; due < dueNow; due++) {
      const connection = free.pop()
      if (connection === undefined) {
        tally.unsentRequests++
        continue
      }
      const sent = sendOne(connection, options, tally).finally(() => {
        free.push(connection)
        underWay.delete(sent)
      })
      underWay.add(sent)
    }
    await pause(tickMs)
  }
  const seconds = (performance.now() - startedMs) / 1000
  await Promise.all(underWay)
  signal.throwIfAborted()
  return { tally, seconds }
}

async function sendOne(connection: BenchConnection, { nextPool }: LoadOptions, tally: LoadTally): Promise<void> {
  const pool = nextPool()
  const request = pool.take()
  const sentMs = performance.now()
  try {
    const answer = await connection.send(request.bytes)
    tally.countAnswer(pool, request, { answer, ms: performance.now() - sentMs })
  } catch (thrown) {
    tally.countLoss(request, thrown instanceof Error ? thrown.message : String(thrown))
  }
}
