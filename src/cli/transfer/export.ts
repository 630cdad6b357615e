/** `sekali export`: the log as it is now, as NDJSON that can be imported or published again. */
import type { Command } from 'commander'
import { UsageError } from '../../app/config.ts'
import { parseTimestamp } from '../../core/timestamp.ts'
import { topicPatternFault } from '../../core/topic-pattern.ts'
import { commandLine } from '../command-line.ts'
import { addHelp } from '../help.ts'
import { wholeNumber } from '../option-values.ts'
import { retryForMs } from '../retry-for.ts'
import { addServerOptions, type ServerFlags, serverAddressOf } from '../server-options.ts'
import { exportEvents } from './export-run.ts'

interface ExportFlags extends ServerFlags {
  readonly from?: string
  readonly to?: string
  readonly after?: string
  readonly out?: string
  readonly retryFor?: string
}

export function addExportCommand(program: Command): void {
  const command = program
    .command('export')
    .description('write events as NDJSON, to be imported or published again')
    .argument('[TOPIC...]', "topics or patterns ('orders.*', 'logs.>'); all unless given")
    .option('--from <TIME>', 'timestamps from here on (ISO 8601)')
    .option('--to <TIME>', 'timestamps before this (ISO 8601)')
    .option('--after <SEQ>', 'only what was stored after it')
    .option('--out <FILE>', 'write FILE; killed, the same command goes on where it was (default standard output)')
    .option('--retry-for <SECONDS>', 'give up after this long without an answer (default 60)')
    .action(async (topics: readonly string[], flags: ExportFlags) => {
      process.exitCode = await runExport(topics, flags)
    })
  addHelp(addServerOptions(command), {
    examples: [
      'sekali export --out backup.ndjson',
      "sekali export 'orders.>' --from 2026-01-01 --out orders.ndjson",
      'sekali export | zstd > backup.ndjson.zst',
      'sekali export logs.app | sekali import --url http://other:8080',
    ],
    notes,
  })
}

const notes = `
Events come in commit order, up to the last one that was stored when it began,
with their ids and the bytes of their payloads. seq and processed_at are left
out; another server gives its own. A line break between values of a payload
becomes a space, because NDJSON has one event a line: imported where it came
from, such an event is a conflict; it is counted at the end.

With --out, FILE appears when the export is whole, in place of an older one.
Until then FILE.part and FILE.part.json are beside it, and the same command
goes on with them, after Ctrl-C, kill -9 or a power cut. At the end it is said
up to which seq it went: with --after and that, the next export has only what
is new.

To compress, pipe it through zstd or gzip. Several topics, or patterns, are
chosen here: the server sends everything.

Exit codes: 0 whole, also when the reader of a pipe left; 1 failure, 2 wrong
options, 4 the token was refused, 6 the server is away, 130 stopped by Ctrl-C.`

function runExport(topics: readonly string[], flags: ExportFlags): Promise<number> {
  for (const topic of topics) {
    const fault = topicPatternFault(topic)
    if (fault !== undefined) throw new UsageError(`TOPIC "${topic}" ${fault}`)
  }
  for (const name of ['from', 'to'] as const) {
    const text = flags[name]
    if (text !== undefined && parseTimestamp(text) === undefined) {
      throw new UsageError(`--${name} must be an ISO 8601 date or date and time, not "${text}"`)
    }
  }
  const { from, to, out, url } = flags
  const afterSeq = flags.after === undefined ? 0 : wholeNumber('--after', flags.after)
  return exportEvents({
    server: serverAddressOf(flags),
    topics,
    from,
    to,
    afterSeq,
    out,
    maxStallMs: retryForMs(flags.retryFor),
    commandAfter: (seq) =>
      commandLine(['export', ...topics], {
        url,
        from,
        to,
        after: seq === 0 ? undefined : seq,
        out,
      }),
  })
}
