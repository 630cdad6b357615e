/** `sekali sub`: the durable subscriptions of a server. */
import type { Command } from 'commander'
import { addHelp } from '../help.ts'
import { addSubCreateCommand } from './create.ts'
import { addSubDeadCommand } from './dead.ts'
import { addSubLsCommand } from './ls.ts'
import { addSubPullCommand } from './pull.ts'
import { addSubRmCommand } from './rm.ts'
import { addSubRunCommand } from './run.ts'
import { addSubSeekCommand } from './seek.ts'
import { addSubAckCommand, addSubNackCommand } from './settle.ts'

export function addSubCommand(program: Command): void {
  const sub = program.command('sub').description('subscriptions: durable places in the log, for workers')
  addHelp(sub, {
    examples: [
      ["sekali sub create billing 'orders.>'", 'keep a place in the log'],
      ["sekali sub run billing --exec './charge.sh'", 'a command for every event'],
      ['sekali sub ls', 'how far behind they are'],
      ['sekali sub dead billing', 'what was given up'],
    ],
  })
  sub.commandsGroup('Set up:')
  for (const add of [addSubCreateCommand, addSubRmCommand, addSubSeekCommand]) add(sub)
  sub.commandsGroup('Work:')
  for (const add of [addSubRunCommand, addSubPullCommand, addSubAckCommand, addSubNackCommand]) add(sub)
  sub.commandsGroup('Look:')
  for (const add of [addSubLsCommand, addSubDeadCommand]) add(sub)
}
