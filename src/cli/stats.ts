/** `sekali stats`: the counters, once or over and over. */
import type { Command } from 'commander'
import { UsageError } from '../app/config.ts'
import { exitCode } from './exit-code.ts'
import { addHelp } from './help.ts'
import { secondsToMs, wholeNumber } from './option-values.ts'
import { print } from './output.ts'
import { addServerOptions, type ServerFlags, serverAddressOf } from './server-options.ts'
import { addsUp, readStats } from './stats-reading.ts'
import { statsText } from './stats-text.ts'
import { watchStats } from './stats-watch.ts'

interface StatsFlags extends ServerFlags {
  readonly watch?: string | true
  readonly max?: string
  readonly json?: true
}

const defaultWatchMs = 2000
/** More often is a load, and no person reads it. */
const minWatchMs = 100

export function addStatsCommand(program: Command): void {
  const command = program
    .command('stats')
    .description('what the server received, stored and dropped')
    .option('--watch [SECONDS]', `again and again, with rates (default every ${defaultWatchMs / 1000})`)
    .option('--max <N>', 'with --watch: end after so many readings')
    .option('--json', 'one line of JSON a reading, as the server sent it')
    .action(async (flags: StatsFlags) => {
      process.exitCode = await stats(flags)
    })
  addHelp(addServerOptions(command), {
    examples: [
      'sekali stats',
      ['sekali stats --watch', 'until Ctrl-C, in place'],
      'sekali stats --watch 10 --json >> stats.ndjson',
      "sekali stats --json | jq '.received == .unique_processed + .duplicate_dropped'",
    ],
    notes: `
The counters are kept in the store, in the transaction of the events they count.
With --watch, a server that goes away is waited for; rates are of the last ten
seconds, from the counters.

Exit codes: 0 read, 1 the counters do not add up, 2 wrong options, 4 the token
was refused, 6 the server is away (with --watch: at the first reading),
130 stopped by Ctrl-C.`,
  })
}

async function stats(flags: StatsFlags): Promise<number> {
  const server = serverAddressOf(flags)
  const { watch, max, json } = flags
  if (watch !== undefined) {
    const everyMs = watch === true ? defaultWatchMs : secondsToMs('--watch', watch)
    if (everyMs < minWatchMs) throw new UsageError(`--watch must be at least ${minWatchMs / 1000} seconds`)
    const maxReadings = max === undefined ? Number.POSITIVE_INFINITY : wholeNumber('--max', max, 1)
    return watchStats(server, { everyMs, maxReadings, isJson: json === true })
  }
  if (max !== undefined) throw new UsageError('--max is for --watch')
  const { text, stats: answer } = await readStats(server)
  await print(json ? `${text}\n` : `${statsText(answer, undefined).join('\n')}\n`)
  return addsUp(answer) ? exitCode.ok : exitCode.failure
}
