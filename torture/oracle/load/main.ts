/**
 * The load, a process of its own: it outlives the servers it publishes to, and what it knows is in its file alone.
 * Run by load-process.ts, which sends it commands.
 */
import { openRecorder } from '../record.ts'
import { type Connections, openConnections } from './http-calls.ts'
import { type LoadCommand, parseLoadOptions } from './load-protocol.ts'
import { Publishers } from './publishers.ts'
import { Tail } from './tail.ts'
import { Worker } from './worker.ts'

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
  // Those of the publishers, and those of the workers.
  const connections = openConnections(publisherCount)
  const others = openConnections(workers.length)
  running = Promise.all([
    publishers.publish({ url, ...(strike && { strike }) }, { connections, signal }),
    ...tails.map((tail) => tail.read(url, signal)),
    ...workers.map((worker) => worker.work(url, others, signal)),
  ]).finally(() => {
    connections[Symbol.dispose]()
    others[Symbol.dispose]()
  })
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
  else if (command.kind === 'settle') await withConnections((connections) => publishers.settle(url, connections))
  else await withConnections((connections) => publishers.resend(url, connections))
}

process.on('message', (command: LoadCommand) => {
  obey(command).then(
    () => process.send?.({ kind: 'done' }),
    (thrown: unknown) => process.send?.({ kind: 'failed', text: String(thrown) }),
  )
})
process.on('disconnect', () => process.exit(0))
