/** `sekali sub run`: a shell command for every event of a subscription. */
import type { Command } from 'commander'
import { UsageError } from '../../app/config.ts'
import { addHelp } from '../help.ts'
import { secondsToMs, wholeNumber } from '../option-values.ts'
import { addServerOptions, type ServerFlags, serverAddressOf } from '../server-options.ts'
import { runCommands } from './run-commands.ts'

interface RunFlags extends ServerFlags {
  readonly exec: string
  readonly concurrency?: string
  readonly max?: string
  readonly toEnd?: true
  readonly timeout?: string
}

export function addSubRunCommand(sub: Command): void {
  const command = sub
    .command('run')
    .description('a shell command for every event')
    .argument('<NAME>')
    .requiredOption('--exec <CMD>', 'gets the event on its standard input; exit code 0 acks it')
    .option('--concurrency <N>', 'commands at a time (default 1, which keeps the order)')
    .option('--max <N>', 'end after so many deliveries')
    .option('--to-end', 'end when what was stored at the start is acked or given up')
    .option('--timeout <SECONDS>', 'end after so long')
    .action(async (name: string, flags: RunFlags) => {
      process.exitCode = await run(name, flags)
    })
  addHelp(addServerOptions(command), {
    examples: [
      "sekali sub run billing --exec './charge.sh'",
      "sekali sub run audit --exec 'cat >> audit.ndjson' --to-end",
      `sekali sub run mail --exec 'jq -r .payload.to | xargs ./mail' --concurrency 8`,
    ],
    notes,
  })
}

const notes = `
The command gets the event as one line of JSON, and in its environment
SEKALI_TOPIC, SEKALI_EVENT_ID, SEKALI_SEQ and SEKALI_ATTEMPT. Exit code 0 acks
the event. Anything else nacks it, with the last line of its standard error as
the reason: it comes again after a pause, until its attempts are used up and it
is a dead letter (sekali sub dead). The lease is extended while the command
runs; use "timeout 60 CMD" where it may hang. An event may come twice: use its
id to make the effect happen once.

What the commands print is passed on line by line. Ctrl-C lets those that run
finish; a second one ends them. While the server is away it waits.

Exit codes: 0 ended as asked, 1 failure, also when the first command cannot be
run (126, 127); 2 wrong options, 3 for an event that was delivered here the
command failed to the last, 4 the token was refused, 5 there is no such
subscription, 6 no server was ready until --timeout, 130 stopped by Ctrl-C.`

async function run(name: string, flags: RunFlags): Promise<number> {
  if (flags.exec.trim() === '') throw new UsageError('--exec must be a command')
  return runCommands({
    server: serverAddressOf(flags),
    name,
    command: flags.exec,
    concurrency: flags.concurrency === undefined ? 1 : concurrencyOf(flags.concurrency),
    maxDeliveries: flags.max === undefined ? undefined : wholeNumber('--max', flags.max, 1),
    endsAtLast: flags.toEnd === true,
    timeoutMs: flags.timeout === undefined ? undefined : secondsToMs('--timeout', flags.timeout),
  })
}

/** Each is a process, or several. */
const maxConcurrency = 256

function concurrencyOf(text: string): number {
  const value = wholeNumber('--concurrency', text, 1)
  if (value > maxConcurrency) throw new UsageError(`--concurrency must be at most ${maxConcurrency}`)
  return value
}
