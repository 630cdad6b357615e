/** `sekali sub dead`: the events that a subscription gave up, and how to deliver them again. */
import type { Command } from 'commander'
import { UsageError } from '../../app/config.ts'
import { memberTexts } from '../../client/json-scan.ts'
import { eventRowIn } from '../../client/raw-events.ts'
import type { DeadLettersAnswer } from '../../http/wire-types.ts'
import { ask, objectWith } from '../ask-server.ts'
import { exitCode } from '../exit-code.ts'
import { counted } from '../format.ts'
import { addHelp } from '../help.ts'
import { printList } from '../list-pages.ts'
import { wholeNumber } from '../option-values.ts'
import { print } from '../output.ts'
import { PagedTable } from '../paged-table.ts'
import { addServerOptions, type ServerAddress, type ServerFlags, serverAddressOf } from '../server-options.ts'
import type { Column } from '../table.ts'
import { subscriptionPath } from './address.ts'

type DeadLetter = DeadLettersAnswer['dead_letters'][number]

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
  const table = new PagedTable(columns)
  return printList(server, {
    path,
    list: 'dead_letters',
    parameters: {},
    cursor: undefined,
    limit: undefined,
    isJson: flags.json === true,
    printPage: ({ items }) => print(table.text(items.map(cellsOf))),
    emptyText: `${name} has no dead letters.`,
  })
}

const redrivenIn = objectWith<{ redriven: number }>('redriven')

async function redrive(server: ServerAddress, path: string, { redrive, json }: DeadFlags): Promise<number> {
  if (json) throw new UsageError('--json is for the list; --redrive says how many there were')
  const seqs = Array.isArray(redrive) ? redrive.map((each: string) => wholeNumber('--redrive', each, 1)) : undefined
  const { redriven } = await ask(server, { method: 'POST', path, body: { seqs } }, redrivenIn)
  await print(`${counted(redriven, 'dead letter')} to be delivered again\n`)
  return exitCode.ok
}

const columns: readonly Column[] = [
  { title: 'SEQ', align: 'right' },
  { title: 'AT', isKept: true },
  { title: 'TOPIC', maxWidth: 24 },
  { title: 'EVENT ID', maxWidth: 36 },
  { title: 'ATTEMPTS', align: 'right' },
  { title: 'REASON' },
]

/** @param item as the server gives it. */
function cellsOf(item: string): string[] {
  const { attempts, reason, at } = JSON.parse(item) as Omit<DeadLetter, 'event'>
  const event = eventRowIn(memberTexts(item).get('event') ?? '')
  return [String(event.seq), at, event.topic, event.eventId, String(attempts), reason]
}
