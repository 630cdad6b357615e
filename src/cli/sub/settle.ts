/** `sekali sub ack` and `sekali sub nack`: what became of events that `sub pull` leased. */
import type { Command } from 'commander'
import { ask } from '../ask-server.ts'
import { type ExitCode, exitCode } from '../exit-code.ts'
import { addHelp } from '../help.ts'
import { secondsToMs } from '../option-values.ts'
import { note, print } from '../output.ts'
import { addServerOptions, type ServerFlags, serverAddressOf } from '../server-options.ts'
import { subscriptionPath } from './address.ts'

interface NackFlags extends ServerFlags {
  readonly delay?: string
  readonly reason?: string
}

const exitCodes = `
Exit codes: 0 all of them, 1 none of them, 2 wrong options, 3 some of them, 4
the token was refused, 5 there is no such subscription, 6 the server is away.`

export function addSubAckCommand(sub: Command): void {
  const command = sub
    .command('ack')
    .description('events of "sub pull" that are done with')
    .argument('<NAME>')
    .argument('<LEASE...>', 'as "sub pull --json" prints them')
    .action(async (name: string, leases: readonly string[], flags: ServerFlags) => {
      process.exitCode = await settle({ name, leases, action: 'ack', body: {} }, flags)
    })
  addHelp(addServerOptions(command), {
    examples: [
      'sekali sub ack billing LEASE',
      'sekali sub pull billing --json | jq -r .lease | xargs sekali sub ack billing',
    ],
    notes: `
To ack again is a success. A lease that ran out is refused: the event is or
will be delivered to somebody else. ${exitCodes}`,
  })
}

export function addSubNackCommand(sub: Command): void {
  const command = sub
    .command('nack')
    .description('events of "sub pull" that shall come again')
    .argument('<NAME>')
    .argument('<LEASE...>', 'as "sub pull --json" prints them')
    .option('--delay <SECONDS>', 'not before so long (default 0)')
    .option('--reason <TEXT>', 'kept with the dead letter, if it becomes one')
    .action(async (name: string, leases: readonly string[], { delay, reason, ...flags }: NackFlags) => {
      const body = { delay_ms: delay === undefined ? undefined : secondsToMs('--delay', delay), reason }
      process.exitCode = await settle({ name, leases, action: 'nack', body }, flags)
    })
  addHelp(addServerOptions(command), {
    examples: ["sekali sub nack billing LEASE --delay 60 --reason 'no connection to the bank'"],
    notes: exitCodes,
  })
}

interface Settlement {
  readonly name: string
  readonly leases: readonly string[]
  readonly action: 'ack' | 'nack'
  readonly body: object
}

async function settle({ name, leases, action, body }: Settlement, flags: ServerFlags): Promise<ExitCode> {
  const server = serverAddressOf(flags)
  const path = `${subscriptionPath(name)}/${action}`
  const { refused } = await ask<{ refused: readonly { lease: string; reason: string }[] }>(server, {
    method: 'POST',
    path,
    body: { leases, ...body },
  })
  for (const { lease, reason } of refused) note(`sekali: ${lease}: ${reasons[reason] ?? reason}`)
  const done = leases.length - refused.length
  await print(`${done} ${action}ed\n`)
  if (refused.length === 0) return exitCode.ok
  return done > 0 ? exitCode.partial : exitCode.failure
}

const reasons: Readonly<Record<string, string>> = {
  expired: 'it ran out, and the event is or will be delivered again',
  unknown: `it is no lease of this subscription`,
}
