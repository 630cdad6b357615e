/** `sekali publish`: ships a file, or what comes through a pipe, and says what became of every line. */
import { hostname } from 'node:os'
import type { Command } from 'commander'
import { UsageError } from '../app/config.ts'
import { eventLimits, textFault } from '../core/event.ts'
import { counted } from './format.ts'
import { addHelp } from './help.ts'
import { logLineBatches } from './log-line-batches.ts'
import { ndjsonBatches } from './ndjson-batches.ts'
import { openPublishInput, type PublishInput } from './publish-input.ts'
import { runSession } from './publish-session.ts'
import { retryForMs } from './retry-for.ts'
import { addServerOptions, type ServerFlags, serverAddressOf } from './server-options.ts'

interface PublishFlags extends ServerFlags {
  readonly lines?: true
  readonly topic?: string
  readonly source?: string
  readonly retryFor?: string
  readonly json?: true
}

export function addPublishCommand(program: Command): void {
  const command = program
    .command('publish')
    .description('publish a file of events, or the lines of any log file')
    .argument('[FILE]', 'what to publish; - is standard input')
    .option('--lines', 'FILE holds plain log lines, not events')
    .option('--topic <TOPIC>', 'the topic of the lines; only with --lines, and required there')
    .option('--source <SOURCE>', 'the source of the lines (default the host name); only with --lines')
    .option('--retry-for <SECONDS>', 'give up after this long without progress (default 60)')
    .option('--json', 'the counts at the end as one line of JSON')
    .action(async (path: string | undefined, flags: PublishFlags) => {
      process.exitCode = await publish(path, flags)
    })
  addHelp(addServerOptions(command), {
    examples: [
      'sekali publish events.ndjson',
      'sekali publish --lines --topic logs.dpkg /var/log/dpkg.log',
      'journalctl -f | sekali publish --lines --topic logs.journal -',
      'SEKALI_URL=http://10.0.0.5:8080 sekali publish events.ndjson',
    ],
    notes,
  })
}

const notes = `
Without --lines, every line is one event as JSON (NDJSON):
  {"topic": …, "event_id": …, "timestamp": …, "source": …, "payload": {…}}
It is sent byte for byte as it is. Publish the same file again as often as you
like: events that are stored already are duplicates, which are a success.

With --lines, every line becomes an event with the payload
{"line": "…", "offset": N}.
  event_id    made from the source, the file (not its name), its first line,
              the position of the line and its bytes. The same file again, or
              after it grew, or renamed by log rotation, stores every line once.
              A copy is another file. The default source is the host name: give
              --source where that changes, as it does in containers.
  timestamp   that of the line if it starts with one (2026-01-31 09:30:00, UTC
              unless it has an offset), else that of the closest line before,
              else the birth of the file; through a pipe, the time of reading.
  A last line without a newline may still grow: it is left for the next time.
  A pipe has no identity: every run makes new ids, and the same text is stored
  again. (< FILE is a file, not a pipe.)

Exit codes: 0 all is stored, duplicates too; 1 nothing could be read, or the
first line was refused; 2 wrong options or no such file; 3 a line was refused,
those before it are stored; 4 the token was refused; 6 the server is away;
130 stopped by Ctrl-C.`

async function publish(path: string | undefined, flags: PublishFlags): Promise<number> {
  const server = serverAddressOf(flags)
  const lineOptions = logLineOptions(flags)
  const maxStallMs = retryForMs(flags.retryFor)
  const input = openPublishInput(path)
  let unfinishedBytes = 0
  return runSession({
    server,
    maxStallMs,
    input,
    batches:
      lineOptions === undefined
        ? ndjsonBatches(input)
        : logLineBatches(input, { ...lineOptions, onUnfinishedLine: (bytes) => (unfinishedBytes = bytes) }),
    hasRandomIds: lineOptions !== undefined && input.file === undefined,
    isJson: flags.json === true,
    lastNote: () => (unfinishedBytes > 0 ? unfinishedLineNote(input, unfinishedBytes) : undefined),
  })
}

function logLineOptions({ lines, topic, source }: PublishFlags): { topic: string; source: string } | undefined {
  if (lines === undefined) {
    const flag = topic !== undefined ? '--topic' : '--source'
    if (topic === undefined && source === undefined) return undefined
    throw new UsageError(`${flag} is for --lines; an event of NDJSON carries its own`)
  }
  if (topic === undefined) throw new UsageError('--lines needs --topic, for example --topic logs.app')
  const options = { topic, source: source ?? hostname() }
  const topicFault = textFault(options.topic, eventLimits.maxTopicChars)
  if (topicFault !== undefined) throw new UsageError(`--topic ${topicFault}`)
  const sourceFault = textFault(options.source, eventLimits.maxSourceChars)
  if (sourceFault !== undefined) throw new UsageError(`--source ${sourceFault}`)
  return options
}

function unfinishedLineNote({ name }: PublishInput, bytes: number): string {
  return `note: the last line of ${name} (${counted(bytes, 'byte')}) has no newline yet; it may still grow and was not sent`
}
