/** `sekali topics`: what there is, and how much was sent again. */
import { type Command, Option } from 'commander'
import type { TopicAnswer, TopicsAnswer } from '../../http/wire-types.ts'
import { ask, objectWith } from '../ask-server.ts'
import { formatCount } from '../format.ts'
import { addHelp } from '../help.ts'
import { note, print } from '../output.ts'
import { PagedTable } from '../paged-table.ts'
import { addServerOptions, type ServerFlags, serverAddressOf } from '../server-options.ts'
import type { Column } from '../table.ts'

const orders: Readonly<Record<string, (a: TopicAnswer, b: TopicAnswer) => number>> = {
  name: () => 0,
  events: (a, b) => b.events - a.events,
  duplicates: (a, b) => b.duplicates - a.duplicates,
  conflicts: (a, b) => b.conflicts - a.conflicts,
  last_seen: (a, b) => (a.last_seen_at < b.last_seen_at ? 1 : a.last_seen_at > b.last_seen_at ? -1 : 0),
}

interface TopicsFlags extends ServerFlags {
  readonly sort?: string
  readonly json?: true
}

export function addTopicsCommand(program: Command): void {
  const command = program
    .command('topics')
    .description('the topics, and what each has received')
    .addOption(new Option('--sort <BY>', 'largest or latest first (default name)').choices(Object.keys(orders)))
    .option('--json', 'one JSON object a line')
    .action(topics)
  addHelp(addServerOptions(command), {
    examples: ['sekali topics', 'sekali topics --sort duplicates', 'sekali topics --json | jq -r .topic'],
    notes: `
The server lists the first 10,000 by name.

Exit codes: 0 also when there are none, 2 wrong options, 4 the token was
refused, 6 the server is away.`,
  })
}

const columns: readonly Column[] = [
  { title: 'TOPIC', maxWidth: 40 },
  { title: 'EVENTS', align: 'right' },
  { title: 'DUPLICATES', align: 'right' },
  { title: 'CONFLICTS', align: 'right' },
  { title: 'LAST SEEN' },
]

async function topics(flags: TopicsFlags): Promise<void> {
  const answer = await ask(serverAddressOf(flags), { path: 'topics' }, objectWith<TopicsAnswer>('topics'))
  const sorted = answer.topics.toSorted(orders[flags.sort ?? 'name'])
  if (flags.json) {
    await print(sorted.map((topic) => `${JSON.stringify(topic)}\n`).join(''))
    return
  }
  if (sorted.length === 0)
    return note('No event is stored yet: "sekali publish FILE" sends some, "sekali demo --url URL" too.')
  const rows = sorted.map(({ topic, events, duplicates, conflicts, last_seen_at: lastSeenAt }) => [
    topic,
    ...[events, duplicates, conflicts].map(formatCount),
    lastSeenAt,
  ])
  await print(new PagedTable(columns).text(rows))
}
