/**
 * The load, a process of its own: it outlives the servers it publishes to, and what it knows is in its file alone.
 * Run by load-process.ts, which sends it commands.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { openRecorder } from '../record.ts'
import { type Connections, openConnections } from './http-calls.ts'
import { type LoadCommand, parseLoadOptions } from './load-protocol.ts'
import { Publishers } from './publishers.ts'
import { Tail } from './tail.ts'
import { leaseMs, Worker } from './worker.ts'

const { seed, file, publishers: publisherCount } = parseLoadOptions(process.argv[2])
// Open for as long as the process lives.
const recorder = openRecorder(file)
const publishers = new Publishers({ seed, publishers: publisherCount, recorder })
const tails = [
  new Tail({ name: 'all', query: '', recorder }),
  new Tail({ name: 'some', query: '?topic=orders.*&topic=logs.>', recorder }),
]
const workers = [
  new Worker({ subscription: 'all', topics: ['>'], seed: seed + 1, recorder }),
  new Worker({ subscription: 'all', topics: ['>'], seed: seed + 2, recorder }),
  new Worker({ subscription: 'some', topics: ['orders.*'], seed: seed + 3, recorder }),
]

let stop = new AbortController()
let running: Promise<unknown> = Promise.resolve()

function run({ url, strike }: LoadCommand): void {
  stop = new AbortController()
  const { signal } = stop
  const connections = openConnections(publisherCount)
  running = Promise.all([
    publishers.publish({ url, ...(strike && { strike }) }, { connections, signal }),
    readAndWork(url, signal),
  ]).finally(() => connections[Symbol.dispose]())
}

/** The tails and the workers, until the signal or until the server is gone. */
async function readAndWork(url: string, signal: AbortSignal): Promise<void> {
  using connections = openConnections(workers.length)
  await Promise.all([
    ...tails.map((tail) => tail.read(url, signal)),
    ...workers.map((worker) => worker.work(url, connections, signal)),
  ])
}

/** Long enough for what dead servers had leased to be delivered again. */
async function settle(url: string): Promise<void> {
  const end = new AbortController()
  const reading = readAndWork(url, end.signal)
  await withConnections((connections) => publishers.settle(url, connections))
  await pause(1.5 * leaseMs)
  end.abort()
  await reading
}

async function rest(): Promise<void> {
  stop.abort()
  await running
}

async function withConnections(act: (connections: Connections) => Promise<void>): Promise<void> {
  using connections = openConnections(publisherCount)
  await act(connections)
}

async function obey(command: LoadCommand): Promise<void> {
  const { url } = command
  if (command.kind === 'run') run(command)
  else if (command.kind === 'rest') await rest()
  else if (command.kind === 'settle') await settle(url)
  else await withConnections((connections) => publishers.resend(url, connections))
}

process.on('message', (command: LoadCommand) => {
  obey(command).then(
    () => process.send?.({ kind: 'done' }),
    (thrown: unknown) => process.send?.({ kind: 'failed', text: String(thrown) }),
  )
})
process.on('disconnect', () => process.exit(0))
