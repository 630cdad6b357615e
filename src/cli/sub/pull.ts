/** `sekali sub pull`: leases some events and prints them; with --ack, acks what was printed. */
import type { Command } from 'commander'
import { type DeliveryRow, deliveryLine, deliveryRowsIn, storedLine } from '../../client/raw-events.ts'
import { ask, askForText } from '../ask-server.ts'
import { type ExitCode, exitCode } from '../exit-code.ts'
import { counted } from '../format.ts'
import { addHelp } from '../help.ts'
import { secondsToMs, wholeNumber } from '../option-values.ts'
import { note, printTaken, styled, terminalColumns } from '../output.ts'
import { addServerOptions, type ServerAddress, type ServerFlags, serverAddressOf } from '../server-options.ts'
import { listenForStop } from '../stop-signal.ts'
import { type Column, tableText } from '../table.ts'
import { subscriptionPath } from './address.ts'

interface PullFlags extends ServerFlags {
  readonly max?: string
  readonly wait?: string
  readonly ack?: true
  readonly json?: true
}

export function addSubPullCommand(sub: Command): void {
  const command = sub
    .command('pull')
    .description('lease some events and print them')
    .argument('<NAME>')
    .option('--max <N>', 'events at most (default 100)')
    .option('--wait <SECONDS>', 'wait so long for the first one (default 0)')
    .option('--ack', 'ack them once they are printed; without it they come again when the lease is over')
    .option('--json', 'one delivery a line, with its lease; with --ack, one event a line')
    .action(async (name: string, flags: PullFlags) => {
      process.exitCode = await pull(name, flags)
    })
  addHelp(addServerOptions(command), {
    examples: [
      ['sekali sub pull billing --ack --json', 'take up to 100 events'],
      ['sekali sub pull billing --max 1 --wait 60', 'lease and show one'],
    ],
    notes: `
A script that acks by itself:
  sekali sub pull billing --max 1 --json |
    jq -r .lease | xargs -r sekali sub ack billing
For a command for every event, with acks and longer leases: sekali sub run.

Every pull counts as an attempt of the events it leases, also for looking.

Exit codes: 0 ok, also when there is nothing; 1 what was printed could not be
acked, 2 wrong options, 4 the token was refused, 5 there is no such
subscription, 6 the server is away, 130 stopped by Ctrl-C.`,
  })
}

async function pull(name: string, flags: PullFlags): Promise<number> {
  const server = serverAddressOf(flags)
  const path = subscriptionPath(name)
  const maxEvents = flags.max === undefined ? 100 : wholeNumber('--max', flags.max, 1)
  const waitMs = flags.wait === undefined ? 0 : secondsToMs('--wait', flags.wait)
  using stop = listenForStop()
  let rows: readonly DeliveryRow[]
  try {
    rows = await waitForDeliveries({ server, path, maxEvents, waitMs, signal: stop.signal })
  } catch (thrown) {
    if (stop.exitCode === undefined) throw thrown
    return stop.exitCode
  }
  if (rows.length === 0) {
    note(`${name} has nothing to deliver now.`)
    return exitCode.ok
  }
  const isTaken = await printTaken(textOf(rows, flags))
  if (flags.ack) return isTaken ? ack({ server, path, rows }) : giveBack({ server, path, rows })
  if (!flags.json) note(`Leased, not acked: ${counted(rows.length, 'event')}. --json prints the leases for "sub ack".`)
  return exitCode.ok
}

interface Wait {
  readonly server: ServerAddress
  readonly path: string
  readonly maxEvents: number
  readonly waitMs: number
  readonly signal: AbortSignal
}

/** The server waits no longer in one request. */
const maxWaitMs = 20_000

async function waitForDeliveries({ server, path, maxEvents, waitMs, signal }: Wait): Promise<readonly DeliveryRow[]> {
  const endMs = performance.now() + waitMs
  for (;;) {
    const leftMs = Math.max(0, Math.round(endMs - performance.now()))
    const extraTimeMs = Math.min(leftMs, maxWaitMs)
    const body = { max: maxEvents, wait_ms: extraTimeMs }
    const rows = deliveryRowsIn(
      await askForText(server, { method: 'POST', path: `${path}/pull`, body, extraTimeMs, signal }),
    )
    if (rows.length > 0 || leftMs <= maxWaitMs) return rows
  }
}

function textOf(rows: readonly DeliveryRow[], { json, ack }: PullFlags): string {
  if (!json) {
    const options = { columns: terminalColumns(), styleHead: (line: string) => styled('bold', line) }
    return tableText(columns, rows.map(cellsOf), options)
  }
  return rows.map((row) => `${ack ? storedLine(row.event) : deliveryLine(row)}\n`).join('')
}

const columns: readonly Column[] = [
  { title: 'SEQ', align: 'right' },
  { title: 'ATTEMPT', align: 'right' },
  { title: 'TOPIC', maxWidth: 24 },
  { title: 'EVENT ID', maxWidth: 36 },
  { title: 'PAYLOAD' },
]

function cellsOf({ attempt, event }: DeliveryRow): string[] {
  return [String(event.seq), String(attempt), event.topic, event.eventId, event.payload]
}

interface Printed {
  readonly server: ServerAddress
  readonly path: string
  readonly rows: readonly DeliveryRow[]
}

/** What the reader did not take. */
async function giveBack({ server, path, rows }: Printed): Promise<ExitCode> {
  const body = { leases: rows.map(({ lease }) => lease), reason: 'the reader left' }
  await askForText(server, { method: 'POST', path: `${path}/nack`, body })
  return exitCode.ok
}

async function ack({ server, path, rows }: Printed): Promise<ExitCode> {
  const { refused } = await ask<{ refused: readonly object[] }>(server, {
    method: 'POST',
    path: `${path}/ack`,
    body: { leases: rows.map(({ lease }) => lease) },
    // What was printed is to be acked, also where one answer is lost.
    retries: { retryPolicy: { maxStallMs: ackPatienceMs } },
  })
  if (refused.length === 0) return exitCode.ok
  note(`sekali: ${counted(refused.length, 'event')} could not be acked in time, and will come again`)
  return exitCode.failure
}

const ackPatienceMs = 10_000
