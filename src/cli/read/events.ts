/** `sekali events`: what is stored, as it was asked for. */
import { type Command, Option } from 'commander'
import { type EventRow, eventRowIn, storedLine } from '../../client/raw-events.ts'
import { acceptClosedPipes } from '../closed-pipes.ts'
import { commandLine } from '../command-line.ts'
import { exitCode } from '../exit-code.ts'
import { counted } from '../format.ts'
import { addHelp } from '../help.ts'
import { listPages } from '../list-pages.ts'
import { wholeNumber } from '../option-values.ts'
import { note, print } from '../output.ts'
import { PagedTable } from '../paged-table.ts'
import { addServerOptions, type ServerFlags, serverAddressOf } from '../server-options.ts'
import { listenForStop } from '../stop-signal.ts'
import type { Column } from '../table.ts'
import { TerminalLine } from '../terminal-line.ts'
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

const defaultLimit = 100

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

async function events(flags: EventsFlags): Promise<number> {
  const server = serverAddressOf(flags)
  const limit = flags.all ? undefined : wholeNumber('--limit', flags.limit ?? String(defaultLimit), 1)
  const [nowMs, { from, to }] = [Date.now(), flags]
  // Moments stand still from here on: "15m" would be another one on every page, and when it is gone on with.
  const moments = {
    from: from === undefined ? undefined : parseMoment('--from', from, nowMs),
    to: to === undefined ? undefined : parseMoment('--to', to, nowMs),
  }
  using stop = listenForStop()
  const closed = new AbortController()
  acceptClosedPipes(() => closed.abort())
  const signal = AbortSignal.any([stop.signal, closed.signal])
  const { topic, source, search: q, order } = flags
  const question = {
    path: 'events',
    list: 'events',
    parameters: { topic, source, q, order, ...moments },
    limit,
    signal,
  }
  const table = new PagedTable(columns)
  using line = new TerminalLine(process.stderr, process.env)
  let cursor = flags.cursor
  let count = 0
  try {
    for await (const page of listPages(server, { ...question, cursor })) {
      const rows = page.items.map(eventRowIn)
      count += rows.length
      line[Symbol.dispose]()
      await print(flags.json ? rows.map((row) => `${storedLine(row)}\n`).join('') : table.text(rows.map(cellsOf)))
      cursor = page.nextCursor
      if (page.isPartial) line.paintNow(`searching on: ${counted(count, 'event')} so far`)
    }
  } catch (thrown) {
    if (!signal.aborted) throw thrown
  }
  line[Symbol.dispose]()
  if (closed.signal.aborted) return exitCode.ok
  if (cursor !== undefined) {
    const { url, all, json } = flags
    const options = { url, topic, source, ...moments, search: q, order, limit: flags.limit, all, json, cursor }
    note(`More: ${commandLine(['events'], options)}`)
  } else if (count === 0 && !flags.json && !signal.aborted) note('No such events are stored.')
  return stop.exitCode ?? exitCode.ok
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
