/** `sekali sub seek`: sends a subscription to another place in the log, to deliver again or to skip. */
import type { Command } from 'commander'
import type { SubscriptionAnswer } from '../../http/wire-types.ts'
import { ask } from '../ask-server.ts'
import { counted } from '../format.ts'
import { addHelp } from '../help.ts'
import { print } from '../output.ts'
import { addServerOptions, type ServerFlags, serverAddressOf } from '../server-options.ts'
import { subscriptionPath } from './address.ts'
import { parsePlace, placeText } from './place.ts'

interface SeekFlags extends ServerFlags {
  readonly to: string
  readonly json?: true
}

export function addSubSeekCommand(sub: Command): void {
  const command = sub
    .command('seek')
    .description('go to another place in the log: replay, or skip')
    .argument('<NAME>')
    .requiredOption('--to <PLACE>', 'earliest, latest, a seq (strictly after it) or a time (committed then or later)')
    .option('--json', 'the subscription as one line of JSON')
    .action(seek)
  addHelp(addServerOptions(command), {
    examples: ['sekali sub seek billing --to earliest', 'sekali sub seek billing --to 2026-01-31T09:00:00Z'],
    notes: `
Everything after the place is delivered again, from attempt 1; leases that are
out are void. Dead letters stay.

Exit codes: 0 done, 2 wrong options, 4 the token was refused, 5 there is no
such subscription, 6 the server is away.`,
  })
}

async function seek(name: string, flags: SeekFlags): Promise<void> {
  const server = serverAddressOf(flags)
  const start = parsePlace('--to', flags.to)
  const path = `${subscriptionPath(name)}/seek`
  const subscription = await ask<SubscriptionAnswer>(server, { method: 'POST', path, body: { start } })
  await print(
    flags.json
      ? `${JSON.stringify(subscription)}\n`
      : `${name} goes on from ${placeText(start)}: ${counted(subscription.lag, 'event')} to deliver\n`,
  )
}
