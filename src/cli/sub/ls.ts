/** `sekali sub ls`: every subscription, and how far behind it is. */
import type { Command } from 'commander'
import type { SubscriptionAnswer, SubscriptionsAnswer } from '../../http/wire-types.ts'
import { ask, objectWith } from '../ask-server.ts'
import { formatCount, formatDuration } from '../format.ts'
import { addHelp } from '../help.ts'
import { note, print } from '../output.ts'
import { PagedTable } from '../paged-table.ts'
import { addServerOptions, type ServerFlags, serverAddressOf } from '../server-options.ts'
import type { Column } from '../table.ts'

interface LsFlags extends ServerFlags {
  readonly json?: true
}

export function addSubLsCommand(sub: Command): void {
  const command = sub
    .command('ls')
    .description('all subscriptions: lag, in flight, dead letters')
    .option('--json', 'one subscription a line, as the server gives it')
    .action(ls)
  addHelp(addServerOptions(command), {
    examples: ['sekali sub ls', `sekali sub ls --json | jq -r 'select(.lag > 1000) | .name'`],
    notes: `
LAG counts events that are still to be delivered or acked, OLDEST is the age of
the oldest of them. Looking changes nothing.

Exit codes: 0 ok, 1 failure, 2 wrong options, 4 the token was refused, 6 the
server is away.`,
  })
}

const columns: readonly Column[] = [
  { title: 'NAME', maxWidth: 32 },
  { title: 'LAG', align: 'right' },
  { title: 'IN FLIGHT', align: 'right' },
  { title: 'OLDEST', align: 'right' },
  { title: 'DEAD', align: 'right' },
  { title: 'TOPICS', maxWidth: 32 },
  { title: 'PUSH' },
]

const subscriptionsIn = objectWith<SubscriptionsAnswer>('subscriptions')

async function ls(flags: LsFlags): Promise<void> {
  const server = serverAddressOf(flags)
  const { subscriptions } = await ask(server, { path: 'subscriptions' }, subscriptionsIn)
  if (flags.json) {
    for (const each of subscriptions) await print(`${JSON.stringify(each)}\n`)
    return
  }
  if (subscriptions.length === 0) return note("No subscription yet: sekali sub create NAME '>' makes one.")
  await print(new PagedTable(columns).text(subscriptions.map(cellsOf)))
}

function cellsOf({ name, topics, push, ...counts }: SubscriptionAnswer): string[] {
  const { lag, in_flight: inFlight, oldest_unacked_seconds: oldestSeconds, dead_letters: deadLetters } = counts
  return [
    name,
    formatCount(lag),
    formatCount(inFlight),
    oldestSeconds === null ? '-' : formatDuration(oldestSeconds * 1000),
    formatCount(deadLetters),
    topics.join(' '),
    push === null ? '-' : push.paused_reason === null ? push.url : `paused: ${push.paused_reason} (${push.url})`,
  ]
}
