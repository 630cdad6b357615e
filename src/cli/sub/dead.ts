/** `sekali sub dead`: the events that a subscription gave up, and how to deliver them again. */
import type { Command } from 'commander'
import { UsageError } from '../../app/config.ts'
import { type DeadLetterRow, deadLetterLine, deadLetterRowsIn } from '../../client/raw-events.ts'
import { ask, objectWith } from '../ask-server.ts'
import { acceptClosedPipes } from '../closed-pipes.ts'
import { exitCode } from '../exit-code.ts'
import { counted } from '../format.ts'
import { addHelp } from '../help.ts'
import { wholeNumber } from '../option-values.ts'
import { note, print } from '../output.ts'
import { PagedTable } from '../paged-table.ts'
import { addServerOptions, type ServerAddress, type ServerFlags, serverAddressOf } from '../server-options.ts'
import { listenForStop } from '../stop-signal.ts'
import type { Column } from '../table.ts'
import { subscriptionPath } from './address.ts'

interface DeadFlags extends ServerFlags {
  readonly redrive?: true | readonly string[]
  readonly json?: true
}

export function addSubDeadCommand(sub: Command): void {
  const command = sub
    .command('dead')
    .description('the dead letters of a subscription')
    .argument('<NAME>')
    .option('--redrive [SEQ...]', 'deliver them again from attempt 1: these, or all')
    .option('--json', 'one dead letter a line, as the server gives it')
    .action(async (name: string, flags: DeadFlags) => {
      process.exitCode = await dead(name, flags)
    })
  addHelp(addServerOptions(command), {
    examples: [
      'sekali sub dead billing',
      'sekali sub dead billing --redrive',
      'sekali sub dead billing --redrive 17 23',
      'sekali sub dead billing --json | jq .reason',
    ],
    notes: `
An event is a dead letter after the last of its attempts was not acked.

Exit codes: 0 ok, also when there are none; 2 wrong options, 4 the token was
refused, 5 there is no such subscription, 6 the server is away, 130 stopped by
Ctrl-C.`,
  })
}

async function dead(name: string, flags: DeadFlags): Promise<number> {
  const server = serverAddressOf(flags)
  const path = `${subscriptionPath(name)}/dead-letters`
  if (flags.redrive !== undefined) return redrive(server, `${path}/redrive`, flags)
  using stop = listenForStop()
  const left = new AbortController()
  acceptClosedPipes(() => left.abort())
  const signal = AbortSignal.any([stop.signal, left.signal])
  try {
    const printed = flags.json ? await printLines({ server, path, signal }) : await printTable({ server, path, signal })
    if (printed === 0) note(`${name} has no dead letters.`)
    return exitCode.ok
  } catch (thrown) {
    if (!signal.aborted) throw thrown
    return stop.exitCode ?? exitCode.ok
  }
}

const redrivenIn = objectWith<{ redriven: number }>('redriven')

async function redrive(server: ServerAddress, path: string, { redrive, json }: DeadFlags): Promise<number> {
  if (json) throw new UsageError('--json is for the list; --redrive says how many there were')
  const seqs = Array.isArray(redrive) ? redrive.map((each: string) => wholeNumber('--redrive', each, 1)) : undefined
  const { redriven } = await ask(server, { method: 'POST', path, body: { seqs } }, redrivenIn)
  await print(`${counted(redriven, 'dead letter')} to be delivered again\n`)
  return exitCode.ok
}

interface DeadLetters {
  readonly server: ServerAddress
  readonly path: string
  readonly signal: AbortSignal
}

async function* pagesOf({ server, path, signal }: DeadLetters): AsyncGenerator<readonly DeadLetterRow[]> {
  let cursor: string | undefined
  do {
    const question = { path, parameters: { limit: 1000, cursor }, signal }
    const { rows, nextCursor } = await ask(server, question, deadLetterRowsIn)
    yield rows
    signal.throwIfAborted()
    cursor = nextCursor
  } while (cursor !== undefined)
}

async function printLines(letters: DeadLetters): Promise<number> {
  let printed = 0
  for await (const rows of pagesOf(letters)) {
    await print(rows.map((row) => `${deadLetterLine(row)}\n`).join(''))
    printed += rows.length
  }
  return printed
}

const columns: readonly Column[] = [
  { title: 'SEQ', align: 'right' },
  { title: 'AT', isKept: true },
  { title: 'TOPIC', maxWidth: 24 },
  { title: 'EVENT ID', maxWidth: 36 },
  { title: 'ATTEMPTS', align: 'right' },
  { title: 'REASON' },
]

async function printTable(letters: DeadLetters): Promise<number> {
  const table = new PagedTable(columns)
  let printed = 0
  for await (const rows of pagesOf(letters)) {
    await print(table.text(rows.map(cellsOf)))
    printed += rows.length
  }
  return printed
}

function cellsOf({ event, attempts, reason, at }: DeadLetterRow): string[] {
  return [String(event.seq), at, event.topic, event.eventId, String(attempts), reason]
}
