/** `sekali sub rm`: removes a subscription. Asks first: its position is gone for good. */
import { createInterface } from 'node:readline/promises'
import type { Command } from 'commander'
import { UsageError } from '../../app/config.ts'
import type { SubscriptionAnswer } from '../../http/wire-types.ts'
import { ask, askForAnswer, notSekali } from '../ask-server.ts'
import { exitCode } from '../exit-code.ts'
import { counted } from '../format.ts'
import { addHelp } from '../help.ts'
import { note } from '../output.ts'
import { addServerOptions, type ServerFlags, serverAddressOf } from '../server-options.ts'
import { listenForStop } from '../stop-signal.ts'
import { subscriptionIn, subscriptionPath } from './address.ts'

interface RmFlags extends ServerFlags {
  readonly yes?: true
}

export function addSubRmCommand(sub: Command): void {
  const command = sub
    .command('rm')
    .description('remove a subscription, with its position and dead letters')
    .argument('<NAME>')
    .option('--yes', 'do not ask')
    .action(async (name: string, flags: RmFlags) => {
      process.exitCode = await rm(name, flags)
    })
  addHelp(addServerOptions(command), {
    examples: ['sekali sub rm billing', 'sekali sub rm billing --yes'],
    notes: `
The events stay; where the subscription was, and its dead letters, are gone.

Exit codes: 0 removed, 1 not removed, 2 wrong options, 4 the token was refused,
5 there is no such subscription, 6 the server is away, 130 stopped by Ctrl-C.`,
  })
}

async function rm(name: string, flags: RmFlags): Promise<number> {
  const server = serverAddressOf(flags)
  const path = subscriptionPath(name)
  if (!flags.yes) {
    if (!process.stdin.isTTY) throw new UsageError('nobody can be asked here: give --yes')
    using stop = listenForStop()
    const answer = await question(sentence(await ask(server, { path }, subscriptionIn)), stop.signal)
    if (stop.exitCode !== undefined) return stop.exitCode
    if (!/^y(es)?$/i.test(answer.trim())) {
      note('Nothing was removed.')
      return exitCode.failure
    }
  }
  const { status } = await askForAnswer(server, { method: 'DELETE', path })
  if (status !== 204) throw notSekali(server, path)
  note(`${name} is removed.`)
  return exitCode.ok
}

function sentence({ name, lag, dead_letters: deadLetters }: SubscriptionAnswer): string {
  const dead = deadLetters > 0 ? `, ${counted(deadLetters, 'dead letter')}` : ''
  return `Remove ${name} (${counted(lag, 'event')} to deliver${dead})? [y/N] `
}

async function question(text: string, signal: AbortSignal): Promise<string> {
  using lines = createInterface({ input: process.stdin, output: process.stderr })
  // In a terminal Ctrl-C comes as a key here, and Ctrl-D as the end.
  const ended = new AbortController()
  lines.on('SIGINT', () => process.kill(process.pid, 'SIGINT'))
  lines.on('close', () => ended.abort())
  try {
    // Awaited here: the lines end with this function.
    return await lines.question(text, { signal: AbortSignal.any([signal, ended.signal]) })
  } catch {
    process.stderr.write('\n')
    return ''
  }
}
