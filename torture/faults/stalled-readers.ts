/** Row 7 of the program: readers of the live tail that take nothing, beside one that takes everything. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { readProcessMemory } from '../../bench/process-memory.ts'
import { openTailReaders, type TailReader } from '../../bench/tail-readers.ts'
import type { Fault, Trial, TrialResult } from '../fault.ts'
import { startServer } from '../server-process.ts'

const stalledReaders = 200
/** Small enough that many fit into what may wait for a reader, large enough to fill the kernel's buffers soon. */
const payloadChars = 100_000
const batchEvents = 10
/** The kernel's buffers are several MiB a connection at most. */
const maxEvents = 400
const defaultMeasuredEvents = 500
/** Beside what a server takes that has no reader: 1 MiB may wait for each, and what is being written. */
const maxGrowthBytes = stalledReaders * 1.5 * 1024 * 1024 + 128 * 1024 * 1024
/** For events to reach a reader that takes them. */
const maxLateMs = 10_000
const resumedReaders = 5

export const stalledReadersFault: Fault = {
  name: 'stalled-readers',
  what: `${stalledReaders} readers of the live tail take nothing, beside one that takes everything`,
  unit: 'events',
  trials: 5,
  run: (trial) => runStalledReaders(trial),
}

export interface StalledReadersOptions {
  /** By one after the other of which it is measured how long they take to the healthy reader. */
  readonly measuredEvents?: number
}

export async function runStalledReaders(
  { folder, signal }: Trial,
  { measuredEvents = defaultMeasuredEvents }: StalledReadersOptions = {},
): Promise<TrialResult> {
  const store = `sqlite:${join(folder, 'events.db')}`
  await using server = startServer({ store, logFile: join(folder, 'server.log') })
  const url = await server.listening
  const publisher = new Publisher(url, signal)
  using healthy = await openTailReaders(url, 1)
  const [reader] = healthy.all
  if (reader === undefined) throw new Error('there is no healthy reader')
  const aloneMs = await measure(publisher, reader, measuredEvents)
  const rssBytes = readProcessMemory(server.pid)?.rssBytes ?? 0
  using stack = new DisposableStack()
  const stalled = await Promise.all(Array.from({ length: stalledReaders }, () => openStalled(url, stack)))
  const besideMs = await measure(publisher, reader, measuredEvents)
  const violations: string[] = []
  const measured = publisher.sent
  while ((await tails(url)) > 1 && publisher.sent < measured + maxEvents) {
    await publisher.publish(batchEvents, payloadChars)
    if (!(await hasReached(reader, publisher.sent))) break
  }
  const left = (await tails(url)) - 1
  if (left !== 0) violations.push(`${left} stalled readers are still there after ${publisher.sent} events`)
  const peakBytes = readProcessMemory(server.pid)?.peakBytes ?? 0
  if (peakBytes > rssBytes + maxGrowthBytes) violations.push(`the server grew from ${rssBytes} to ${peakBytes} bytes`)
  if (reader.received !== publisher.sent)
    violations.push(`the healthy reader got ${reader.received} of ${publisher.sent} events`)
  for (const socket of left === 0 ? stalled.slice(0, resumedReaders) : [])
    violations.push(...(await resumeFaults(url, socket, publisher.sent)))
  const p99 = { aloneP99Ms: p99Of(aloneMs), besideStalledP99Ms: p99Of(besideMs) }
  return { tried: publisher.sent, violations, measured: { ...p99, peakMiB: peakBytes / 1024 ** 2 } }
}

class Publisher {
  readonly #url: string
  readonly #signal: AbortSignal
  sent = 0

  constructor(url: string, signal: AbortSignal) {
    this.#url = url
    this.#signal = signal
  }

  async publish(count: number, chars: number): Promise<void> {
    const payload = { text: 'x'.repeat(chars) }
    const events = Array.from({ length: count }, (_, at) => ({
      topic: 'stalled',
      event_id: `${this.sent + at}`,
      timestamp: '2026-01-31T09:30:00Z',
      source: 'torture',
      payload,
    }))
    const headers = { 'content-type': 'application/json' }
    const body = JSON.stringify({ events })
    const answer = await fetch(`${this.#url}/publish`, { method: 'POST', headers, body, signal: this.#signal })
    if (answer.status !== 202) throw new Error(`a publish was answered with ${answer.status}: ${await answer.text()}`)
    await answer.body?.cancel()
    this.sent += count
  }
}

/** From sending an event to having it, one after the other. */
async function measure(publisher: Publisher, reader: TailReader, events: number): Promise<number[]> {
  const latenciesMs: number[] = []
  for (let at = 0; at < events; at++) {
    const startedAtMs = performance.now()
    const [, isThere] = await Promise.all([publisher.publish(1, 10), hasReached(reader, publisher.sent + 1)])
    if (!isThere) break
    latenciesMs.push(performance.now() - startedAtMs)
    await pause(1)
  }
  return latenciesMs
}

/** @returns whether it has so many events in time; one that misses some never has. */
async function hasReached(reader: TailReader, events: number): Promise<boolean> {
  const late = new AbortController()
  const isLate = pause(maxLateMs, false, { signal: late.signal }).catch(() => false)
  const has = await Promise.race([reader.reach(events).then(() => true), isLate])
  late.abort()
  return has
}

function p99Of(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(0.99 * sorted.length)] ?? 0
}

async function tails(url: string): Promise<number> {
  return ((await (await fetch(`${url}/stats`)).json()) as { tails: number }).tails
}

/** Joined, and then it reads no more. */
async function openStalled(url: string, stack: DisposableStack): Promise<Socket> {
  const socket = stack.adopt(connect(Number(new URL(url).port), '127.0.0.1'), (each) => each.destroy())
  socket.on('error', () => {})
  socket.write('GET /events/stream HTTP/1.1\r\nHost: torture\r\n\r\n')
  const [head] = await once(socket, 'data')
  socket.pause()
  socket.unshift(head)
  return socket
}

/** Reads what it was sent before it was cut off, comes again with its position, and must have every event after it. */
async function resumeFaults(url: string, socket: Socket, lastSeq: number): Promise<string[]> {
  const before = await readIds(socket, () => false)
  const position = before.at(-1) ?? 0
  const again = connect(Number(new URL(url).port), '127.0.0.1')
  again.on('error', () => {})
  again.write(`GET /events/stream HTTP/1.1\r\nHost: torture\r\nLast-Event-ID: ${position}\r\n\r\n`)
  const after = await readIds(again, (ids) => (ids.at(-1) ?? 0) >= lastSeq)
  again.destroy()
  const ids = [...before, ...after]
  const [first = 0] = ids
  const isWhole = ids.every((id, at) => id === first + at) && ids.at(-1) === lastSeq
  return isWhole ? [] : [`a reader that was cut off at ${position} of ${lastSeq} has after it ${after.slice(0, 5)}…`]
}

/** The seqs of whole events, until enough have come or the connection has ended. */
async function readIds(socket: Socket, isEnough: (ids: readonly number[]) => boolean): Promise<number[]> {
  const ids: number[] = []
  let text = ''
  const done = Promise.withResolvers<void>()
  socket.setEncoding('latin1')
  socket.on('data', (chunk: string) => {
    const blocks = (text + chunk).split('\n\n')
    text = blocks.pop() ?? ''
    for (const block of blocks) {
      const id = /id: (\d+)\nevent: event\n/.exec(block)?.[1]
      if (id !== undefined) ids.push(Number(id))
    }
    if (isEnough(ids)) done.resolve()
  })
  socket.on('close', () => done.resolve())
  if (socket.destroyed && socket.readableLength === 0) done.resolve()
  socket.resume()
  const late = new AbortController()
  await Promise.race([done.promise, pause(maxLateMs, undefined, { signal: late.signal }).catch(() => {})])
  late.abort()
  return ids
}
