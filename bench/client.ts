/** What `sekali/client` costs the program that publishes: CPU per event, and memory while the server is slow or away. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { formatCount } from '../src/cli/format.ts'
import { roundedSpreadOf, spreadText, tableText } from './budgets.ts'
import type { ClientMemory, ClientRate, MemoryTask, RateTask } from './client-process.ts'
import type { Bench, BenchCommand } from './command.ts'
import { positive, positiveWhole } from './flags.ts'
import { withServer } from './proven-load.ts'

const batchRows = [1, 100, 1000]
const situations = [
  { name: 'away', isServed: false, answerMs: 0, isSpooled: false },
  { name: 'away, with a spool', isServed: false, answerMs: 0, isSpooled: true },
  { name: 'answers take 1 s', isServed: true, answerMs: 1000, isSpooled: false },
] as const
const processPath = fileURLToPath(new URL('client-process.ts', import.meta.url))
/** Nobody listens there: port 9 is that of the discard service. */
const absentUrl = 'http://127.0.0.1:9'

export interface ClientBenchOptions {
  /** A row for each. */
  readonly batches: readonly number[]
  readonly seconds: number
  readonly repeats: number
  readonly memoryEvents: number
}

export interface ClientFigures {
  readonly rates: readonly { readonly batchEvents: number; readonly runs: readonly ClientRate[] }[]
  readonly memory: readonly { readonly server: string; readonly run: ClientMemory }[]
}

export const clientCommand: BenchCommand = {
  name: 'client',
  summary: 'the TypeScript client: events/s and CPU per event, and memory while the server is slow or away',
  options: {
    seconds: { description: 'of each measurement', default: '5' },
    repeats: { description: 'of every row', default: '3' },
    'memory-events': { description: 'enqueued while the server is slow or away', default: '200000' },
  },
  async run(flags, bench) {
    const options = {
      batches: batchRows,
      seconds: positive(flags, 'seconds'),
      repeats: positiveWhole(flags, 'repeats'),
      memoryEvents: positiveWhole(flags, 'memory-events'),
    }
    const figures = await measureClient(options, bench)
    bench.print(clientText(figures))
    const rates = figures.rates.map(({ batchEvents, runs }) => ({
      batchEvents,
      eventsPerSecond: roundedSpreadOf(runs.map((run) => run.eventsPerSecond)),
      cpuMicrosecondsPerEvent: roundedSpreadOf(runs.map((run) => run.cpuMicrosecondsPerEvent)),
    }))
    return { result: { ...options, rates, memory: figures.memory }, budgets: [] }
  },
}

export async function measureClient(
  { batches, seconds, repeats, memoryEvents }: ClientBenchOptions,
  { signal, line }: Pick<Bench, 'signal' | 'line'>,
): Promise<ClientFigures> {
  const rates = batches.map((batchEvents) => ({ batchEvents, runs: [] as ClientRate[] }))
  for (let repeat = 0; repeat < repeats; repeat++) {
    for (const { batchEvents, runs } of rates) {
      line.paintNow(`repeat ${repeat + 1} of ${repeats}: ${batchEvents} a batch`)
      runs.push(await measureRow({ batchEvents, seconds, signal }))
    }
  }
  const memory = []
  for (const { name, isServed, answerMs, isSpooled } of situations) {
    line.paintNow(`memory: ${name}`)
    const spoolFolder = isSpooled ? mkdtempSync(join(tmpdir(), 'sekali-bench-spool-')) : undefined
    const task = { kind: 'memory', events: memoryEvents, answerMs, spoolFolder } as const
    const run = await (isServed
      ? withServer({ signal }, ({ url }) => runTask<ClientMemory>({ ...task, url }, signal))
      : runTask<ClientMemory>({ ...task, url: absentUrl }, signal))
    if (spoolFolder !== undefined) rmSync(spoolFolder, { recursive: true })
    memory.push({ server: name, run })
  }
  return { rates, memory }
}

interface Row {
  readonly batchEvents: number
  readonly seconds: number
  readonly signal: AbortSignal
}

/** @throws Error when an event was not stored, or what the client counted is not what the server stored. */
function measureRow({ batchEvents, seconds, signal }: Row): Promise<ClientRate> {
  return withServer({ signal }, async (server) => {
    const task = { kind: 'rate', url: server.url, batchEvents, seconds } as const
    const rate = await runTask<ClientRate>(task, signal)
    const answer = await fetch(`${server.url}/stats`, { signal })
    const { unique_processed: stored } = (await answer.json()) as { unique_processed: number }
    if (stored === rate.stored && rate.lost === 0) return rate
    throw new Error(
      `the numbers do not add up: the client counted ${rate.stored} stored events and ${rate.lost} lost, the server ${stored}`,
    )
  })
}

async function runTask<T>(task: RateTask | MemoryTask, signal: AbortSignal): Promise<T> {
  const child = fork(processPath, { execArgv: ['--expose-gc'] })
  child.send(task)
  try {
    const ended = once(child, 'exit').then(() => Promise.reject(new Error('the client process ended')))
    const [answer] = await Promise.race([once(child, 'message', { signal }), ended])
    return answer as T
  } finally {
    await stop(child)
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}

function clientText({ rates, memory }: ClientFigures): string {
  const rateRows = rates.map(({ batchEvents, runs }) => [
    formatCount(batchEvents),
    spreadText(
      runs.map((run) => run.eventsPerSecond),
      '',
    ),
    spreadText(
      runs.map((run) => run.cpuMicrosecondsPerEvent),
      '',
    ),
  ])
  const memoryRows = memory.map(({ server, run }) => [
    server,
    formatCount(run.queued),
    formatCount(run.dropped),
    mebibytes(run.heapBytes),
    mebibytes(run.rssBytes),
    run.microsecondsPerEnqueue.toPrecision(3),
  ])
  const memoryHead = ['server', 'queued', 'dropped', 'heap MiB', 'resident MiB', 'µs per enqueue']
  return `${tableText([['events a batch', 'events/s', 'client CPU µs per event'], ...rateRows])}

${tableText([memoryHead, ...memoryRows])}`
}

function mebibytes(bytes: number): string {
  return (bytes / 2 ** 20).toPrecision(3)
}
