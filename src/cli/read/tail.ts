/** `sekali tail`: events as they are stored, from where it was told to begin, through restarts of the server. */
import type { Command } from 'commander'
import { UsageError } from '../../app/config.ts'
import { type EventRow, storedLine } from '../../client/raw-events.ts'
import { topicPatternFault } from '../../core/topic-pattern.ts'
import { acceptClosedPipes } from '../closed-pipes.ts'
import { commandLine } from '../command-line.ts'
import { exitCode } from '../exit-code.ts'
import { addHelp } from '../help.ts'
import { secondsToMs, wholeNumber } from '../option-values.ts'
import { note, print, terminalColumns } from '../output.ts'
import { addServerOptions, type ServerFlags, serverAddressOf } from '../server-options.ts'
import { listenForStop } from '../stop-signal.ts'
import { eventLine } from './event-text.ts'
import { openTail } from './tail-source.ts'

interface TailFlags extends ServerFlags {
  readonly source?: string
  readonly after?: string
  readonly toEnd?: true
  readonly max?: string
  readonly timeout?: string
  readonly json?: true
}

export function addTailCommand(program: Command): void {
  const command = program
    .command('tail')
    .description('follow events as they are stored')
    .argument('[TOPIC...]', 'topics or patterns: orders.* is one more part, logs.> any number')
    .option('--source <SOURCE>', 'from this source alone')
    .option('--after <SEQ>', 'what was stored after it, then live; 0 is everything (default from now on)')
    .option('--to-end', 'end with what is stored now; from the beginning, unless --after')
    .option('--max <N>', 'end after so many events')
    .option('--timeout <SECONDS>', 'end after so long')
    .option('--json', 'one event a line, payloads as they were sent')
    .action(async (topics: readonly string[], flags: TailFlags) => {
      process.exitCode = await tail(topics, flags)
    })
  addHelp(addServerOptions(command), {
    examples: [
      'sekali tail',
      ["sekali tail 'orders.>' logs.app", 'quoted: shells know patterns too'],
      ['sekali tail --after 0', 'everything, then live'],
      "sekali tail 'orders.>' --json | jq .payload",
      ['sekali tail --to-end --json > all.ndjson', 'everything until now'],
      ['sekali tail orders.paid --max 1 --timeout 30', 'wait for one'],
    ],
    notes: `
Every event comes once and in the order of its seq, also when the connection or
the server breaks meanwhile: it waits, and goes on after the last one. However
it ends, it says how to go on. It keeps nothing on the server; a consumer that
must miss nothing while it is away is a subscription (sekali sub).

Exit codes: 0 ended as asked, 2 wrong options, 4 the token was refused, 6 the
server is away at the start, 130 stopped by Ctrl-C.`,
  })
}

async function tail(topics: readonly string[], flags: TailFlags): Promise<number> {
  const server = serverAddressOf(flags)
  for (const topic of topics) {
    const fault = topicPatternFault(topic)
    if (fault !== undefined) throw new UsageError(`the topic "${topic}" ${fault}`)
  }
  const { source, after, max, timeout, toEnd } = flags
  const afterSeq = after === undefined ? (toEnd ? 0 : undefined) : wholeNumber('--after', after)
  const most = max === undefined ? Number.POSITIVE_INFINITY : wholeNumber('--max', max, 1)
  using stop = listenForStop()
  const closed = new AbortController()
  const timedOut = timeout === undefined ? undefined : AbortSignal.timeout(secondsToMs('--timeout', timeout))
  acceptClosedPipes(() => closed.abort())
  const signal = AbortSignal.any([stop.signal, closed.signal, ...(timedOut === undefined ? [] : [timedOut])])
  let printed = 0
  // Also when it is stopped before it began.
  let reachedSeq = afterSeq
  try {
    const opened = await openTail({ server, topics, source, afterSeq, isToEnd: toEnd === true, signal })
    reachedSeq = opened.afterSeq
    for await (const { rows, reachedSeq: reached } of opened.pages) {
      const wanted = rows.slice(0, most - printed)
      await print(wanted.map((row) => lineOf(row, flags)).join(''))
      printed += wanted.length
      reachedSeq = wanted.length < rows.length ? (wanted.at(-1)?.seq ?? reachedSeq) : reached
      if (printed >= most || signal.aborted) break
    }
  } catch (thrown) {
    if (!signal.aborted) throw thrown
  }
  if (closed.signal.aborted) return exitCode.ok
  // Without the token: what is printed ends in logs.
  const { url, json } = flags
  if (reachedSeq !== undefined) {
    note(`Go on with: ${commandLine(['tail', ...topics], { url, source, after: reachedSeq, 'to-end': toEnd, json })}`)
  }
  return stop.exitCode ?? exitCode.ok
}

function lineOf(row: EventRow, { json }: TailFlags): string {
  return `${json ? storedLine(row) : eventLine(row, terminalColumns())}\n`
}
