/** `sekali dups`: what was sent again, by whom, and what had changed in it. */
import { type Command, Option } from 'commander'
import { UsageError } from '../app/config.ts'
import { commandLine } from './command-line.ts'
import { type DuplicatesFlags, duplicatesList } from './dups-lists.ts'
import { addHelp } from './help.ts'
import { defaultLimit, limitOf, printList } from './list-pages.ts'
import { addServerOptions, type ServerFlags, serverAddressOf } from './server-options.ts'

interface DupsFlags extends ServerFlags, DuplicatesFlags {
  readonly limit?: string
  readonly all?: true
  readonly cursor?: string
  readonly json?: true
}

export function addDupsCommand(program: Command): void {
  const command = program
    .command('dups')
    .description('what was sent again, by whom, and what had changed in it')
    .option('--topic <TOPIC>', 'of this topic alone')
    .option('--event-id <ID>', 'of this event alone; with --topic')
    .option('--source <SOURCE>', 'that this source sent again')
    .option('--conflicts', 'only those whose content had changed, and what differs')
    .addOption(
      new Option('--by <WHAT>', 'sum up: the sources that send again, or the events').choices(['source', 'event']),
    )
    .addOption(
      new Option('--sort <BY>', 'with --by: largest first (default conflicts)').choices([
        'conflicts',
        'duplicates',
        'last_seen',
        'spread',
      ]),
    )
    .option('--limit <N>', `no more than these in all (default ${defaultLimit})`)
    .addOption(new Option('--all', 'all on record').conflicts('limit'))
    .option('--cursor <CURSOR>', 'go on where an earlier list ended')
    .option('--json', 'one JSON object a line, payloads as they were sent')
    .action(async (flags: DupsFlags) => {
      process.exitCode = await dups(flags)
    })
  addHelp(addServerOptions(command), {
    examples: [
      ['sekali dups', 'the newest first'],
      ['sekali dups --conflicts', 'same id, other content: what differs'],
      ['sekali dups --by source', 'who sends again, how often, how late'],
      ['sekali dups --by event --sort duplicates', 'which events come most often'],
      'sekali dups --all --json | jq -r .event_id | sort | uniq -c',
    ],
    notes: `
The server keeps the last million duplicates and 100,000 conflicts; the counters
of "sekali stats" know all of them. A conflict is a duplicate with another
timestamp, source or payload than what is stored. The first one stays.

Exit codes: 0 also when there are none, 2 wrong options, 4 the token was
refused, 6 the server is away, 130 stopped by Ctrl-C.`,
  })
}

function dups(flags: DupsFlags): Promise<number> {
  const server = serverAddressOf(flags)
  requireFittingFlags(flags)
  return printList(server, {
    ...duplicatesList(flags, server),
    cursor: flags.cursor,
    limit: limitOf(flags),
    isJson: flags.json === true,
    commandAt: (cursor) => goOnWith(flags, cursor),
    emptyText: `No ${flags.conflicts ? 'conflicts' : 'duplicates'} on record.`,
  })
}

function requireFittingFlags({ topic, eventId, source, by, sort }: DupsFlags): void {
  if (eventId !== undefined && topic === undefined) throw new UsageError('--event-id needs --topic')
  if (eventId !== undefined && by !== undefined)
    throw new UsageError('--event-id is not for --by, which lists them all')
  if (source !== undefined && by === 'source')
    throw new UsageError('--source is not for --by source, which lists them all')
  if (sort !== undefined && by === undefined) throw new UsageError('--sort is for --by; duplicates come newest first')
}

/** Without the token: the list of processes, and of commands typed, is read by others. */
function goOnWith(flags: DupsFlags, cursor: string): string {
  const { url, topic, eventId, source, conflicts, by, sort, limit, all, json } = flags
  return commandLine(['dups'], {
    url,
    topic,
    'event-id': eventId,
    source,
    conflicts,
    by,
    sort,
    limit,
    all,
    json,
    cursor,
  })
}
