/** `sekali events`: what is stored, as it was asked for. */
import { type Command, Option } from 'commander'
import { type EventRow, eventRowIn } from '../../client/raw-events.ts'
import { commandLine } from '../command-line.ts'
import { addHelp } from '../help.ts'
import { defaultLimit, limitOf, printList } from '../list-pages.ts'
import { print } from '../output.ts'
import { PagedTable } from '../paged-table.ts'
import { addServerOptions, type ServerFlags, serverAddressOf } from '../server-options.ts'
import type { Column } from '../table.ts'
import { parseMoment } from './moment.ts'

interface EventsFlags extends ServerFlags {
  readonly topic?: string
  readonly source?: string
  readonly from?: string
  readonly to?: string
  readonly search?: string
  readonly order?: string
  readonly limit?: string
  readonly all?: true
  readonly cursor?: string
  readonly json?: true
}

export function addEventsCommand(program: Command): void {
  const command = program
    .command('events')
    .description('what is stored, the newest first')
    .option('--topic <TOPIC>', 'of this topic alone')
    .option('--source <SOURCE>', 'from this source alone')
    .option('--from <TIME>', 'not before; ISO 8601, or how long ago: 15m, 2h, 7d')
    .option('--to <TIME>', 'before; in the same ways')
    .option('-q, --search <TEXT>', 'that the payload contains, whatever its case')
    .addOption(
      new Option('--order <ORDER>', 'by time, or by seq as they were stored (default desc)').choices([
        'desc',
        'asc',
        'seq',
      ]),
    )
    .option('--limit <N>', `no more than these in all (default ${defaultLimit})`)
    .addOption(new Option('--all', 'all that there are').conflicts('limit'))
    .option('--cursor <CURSOR>', 'go on where an earlier list ended')
    .option('--json', 'one event a line, payloads as they were sent')
    .action(async (flags: EventsFlags) => {
      process.exitCode = await events(flags)
    })
  addHelp(addServerOptions(command), {
    examples: [
      ['sekali events', 'the newest 100'],
      'sekali events --topic orders.paid --from 2h',
      'sekali events -q timeout --from 2026-01-31 --to 2026-02-01 --all --json',
      "sekali events --all --json | jq -r '[.topic, .event_id] | @tsv'",
    ],
    notes: `
To follow events use "sekali tail"; to keep or move them "sekali export".

Exit codes: 0 also when there are none, 2 wrong options, 4 the token was
refused, 6 the server is away, 130 stopped by Ctrl-C.`,
  })
}

function events(flags: EventsFlags): Promise<number> {
  const [nowMs, { from, to }] = [Date.now(), flags]
  // Moments stand still from here on: "15m" would be another one on every page, and when it is gone on with.
  const moments = {
    from: from === undefined ? undefined : parseMoment('--from', from, nowMs),
    to: to === undefined ? undefined : parseMoment('--to', to, nowMs),
  }
  const { url, topic, source, search, order, limit, all, json } = flags
  const table = new PagedTable(columns)
  return printList(serverAddressOf(flags), {
    path: 'events',
    list: 'events',
    parameters: { topic, source, q: search, order, ...moments },
    cursor: flags.cursor,
    limit: limitOf(flags),
    isJson: json === true,
    printPage: ({ items }) => print(table.text(items.map((item) => cellsOf(eventRowIn(item))))),
    commandAt: (cursor) =>
      commandLine(['events'], { url, topic, source, ...moments, search, order, limit, all, json, cursor }),
    emptyText: 'No such events are stored.',
  })
}

const columns: readonly Column[] = [
  { title: 'TIMESTAMP', maxWidth: 32, isKept: true },
  { title: 'TOPIC', maxWidth: 24 },
  { title: 'EVENT ID', maxWidth: 24 },
  { title: 'SOURCE', maxWidth: 16 },
  { title: 'PAYLOAD' },
]

function cellsOf({ timestamp, topic, eventId, source, payload }: EventRow): string[] {
  return [timestamp, topic, eventId, source, payload]
}
