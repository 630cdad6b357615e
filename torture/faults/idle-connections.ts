/** Row 8 of the program: as many readers of the live tail as there may be, to whom nothing happens. */
import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { readProcessMemory } from '../../bench/process-memory.ts'
import { openTailReaders } from '../../bench/tail-readers.ts'
import { tailLimits } from '../../src/pipeline/tail-hub.ts'
import type { Fault, Trial, TrialResult } from '../fault.ts'
import { startServer } from '../server-process.ts'

const defaultMaxKiB = 30
/** What the first ones cost the process for good is not theirs. */
const firstReaders = 200
/** On either end; a shell often allows 1,024. */
const descriptors = 20_000
const maxWaitMs = 30_000
const pollMs = 50

export interface IdleConnectionsOptions {
  readonly readers?: number
  /** A reader's share of what the process grows by; with few readers it holds what has nothing to do with them. */
  readonly maxKiB?: number
}

export const idleConnectionsFault: Fault = {
  name: 'idle-connections',
  what: `${tailLimits.maxReaders} idle readers of the live tail: their memory, and what is left when they have gone`,
  unit: 'connections',
  trials: 3,
  run: (trial) => runIdleConnections(trial),
}

export async function runIdleConnections(
  { folder, signal }: Trial,
  { readers = tailLimits.maxReaders, maxKiB = defaultMaxKiB }: IdleConnectionsOptions = {},
): Promise<TrialResult> {
  allowDescriptors(process.pid)
  const store = `sqlite:${join(folder, 'events.db')}`
  await using server = startServer({ store, logFile: join(folder, 'server.log') })
  const url = await server.listening
  allowDescriptors(server.pid)
  const violations: string[] = []
  const countDescriptors = () => readdirSync(`/proc/${server.pid}/fd`).length
  {
    using _ = await openTailReaders(url, firstReaders)
  }
  await until(signal, async () => (await tails(url)) === 0)
  const before = { rssBytes: readProcessMemory(server.pid)?.rssBytes ?? 0, descriptors: countDescriptors() }
  let kiBPerReader = 0
  {
    using idle = await openTailReaders(url, readers)
    const events = await publish(url)
    await Promise.all(idle.all.map((reader) => reader.reach(events)))
    kiBPerReader = ((readProcessMemory(server.pid)?.rssBytes ?? 0) - before.rssBytes) / 1024 / readers
    if (kiBPerReader > maxKiB) violations.push(`a reader costs ${kiBPerReader.toFixed(1)} KiB`)
  }
  const hasNone = await until(signal, async () => (await tails(url)) === 0)
  if (!hasNone) violations.push(`${await tails(url)} readers that have gone are still counted`)
  // Beside the connections of those who ask here.
  const hasClosed = await until(signal, async () => countDescriptors() <= before.descriptors + 2)
  if (!hasClosed) violations.push(`${countDescriptors()} descriptors are open, and ${before.descriptors} were`)
  return { tried: readers, violations, measured: { readerKiB: kiBPerReader } }
}

function allowDescriptors(pid: number): void {
  execFileSync('prlimit', ['--pid', `${pid}`, `--nofile=${descriptors}:${descriptors}`])
}

async function publish(url: string): Promise<number> {
  const event = { topic: 'idle', event_id: '1', timestamp: '2026-01-31T09:30:00Z', source: 'torture', payload: {} }
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(`${url}/publish`, { method: 'POST', headers, body: JSON.stringify(event) })
  if (answer.status !== 202) throw new Error(`a publish was answered with ${answer.status}: ${await answer.text()}`)
  await answer.body?.cancel()
  return 1
}

async function tails(url: string): Promise<number> {
  return ((await (await fetch(`${url}/stats`)).json()) as { tails: number }).tails
}

/** @returns whether it came to be in time. */
async function until(signal: AbortSignal, isSo: () => Promise<boolean>): Promise<boolean> {
  for (let waitedMs = 0; waitedMs < maxWaitMs; waitedMs += pollMs) {
    if (await isSo()) return true
    await pause(pollMs, undefined, { signal })
  }
  return false
}
