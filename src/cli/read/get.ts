/** `sekali get`: one event, by its name. */
import type { Command } from 'commander'
import { UsageError } from '../../app/config.ts'
import { eventRowIn, storedLine } from '../../client/raw-events.ts'
import { ask } from '../ask-server.ts'
import { addHelp } from '../help.ts'
import { print } from '../output.ts'
import { addServerOptions, type ServerFlags, serverAddressOf } from '../server-options.ts'
import { eventDetails } from './event-text.ts'

interface GetFlags extends ServerFlags {
  readonly json?: true
  readonly payload?: true
}

export function addGetCommand(program: Command): void {
  const command = program
    .command('get')
    .description('one event, if it is stored')
    .argument('<TOPIC>')
    .argument('<EVENT_ID>')
    .option('--json', 'as one line of JSON, its payload as it was sent')
    .option('--payload', 'its payload alone, as it was sent, on a line of its own')
    .action(get)
  addHelp(addServerOptions(command), {
    examples: [
      'sekali get orders.paid o-1042',
      ['sekali get orders.paid o-1042 > /dev/null && echo landed', 'did it land?'],
      'sekali get orders.paid o-1042 --payload | jq .amount',
    ],
    notes: `
Exit codes: 0 it is stored, 2 wrong options, 4 the token was refused, 5 it is
not stored, 6 the server is away.`,
  })
}

async function get(topic: string, eventId: string, flags: GetFlags): Promise<void> {
  if (flags.json && flags.payload) throw new UsageError('--payload is not for --json, which has all of the event')
  const path = `events/${segment(topic)}/${segment(eventId)}`
  const row = await ask(serverAddressOf(flags), { path }, eventRowIn)
  if (flags.payload) await print(`${row.payload}\n`)
  else await print(flags.json ? `${storedLine(row)}\n` : eventDetails(row))
}

/** @throws UsageError for the two names that HTTP clients take out of a path, and for none. */
function segment(text: string): string {
  if (text === '') throw new UsageError('a topic and an event id have at least one character')
  if (text !== '.' && text !== '..') return encodeURIComponent(text)
  throw new UsageError(`an event cannot be asked for by "${text}": use sekali events --topic`)
}
