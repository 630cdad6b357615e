/** `sekali rebuild-index`: builds the indexes of a stopped store again, from its events. */
import { existsSync } from 'node:fs'
import type { Command } from 'commander'
import { resolveConfig, UsageError } from '../app/config.ts'
import { rebuildIndexes } from '../app/open-store.ts'
import { systemClock } from '../core/clock.ts'
import { addHelp } from './help.ts'

export function addRebuildIndexCommand(program: Command): void {
  const command = program
    .command('rebuild-index')
    .description('build the indexes of a stopped store again')
    .option('--store <URL>', 'sqlite:PATH (default sqlite:data/sekali.db, SEKALI_STORE)')
    .action(({ store }: { readonly store?: string }) => rebuildIndex(store))
  addHelp(command, {
    examples: ['sekali rebuild-index --store sqlite:data/sekali.db'],
    notes: `
The dedup index and the time index are derived from the stored events: nothing
can be lost. A server that finds one damaged builds it again by itself; this
command is for those who want it done now. The server must be stopped.

Exit codes: 0 built, 1 not built, 2 wrong options.`,
  })
}

async function rebuildIndex(storeFlag: string | undefined): Promise<void> {
  const { store } = resolveConfig({ store: storeFlag }, process.env)
  const path = store.slice('sqlite:'.length)
  if (store.startsWith('sqlite:') && !existsSync(path)) throw new UsageError(`${path}: there is no such file`)
  const say = (text: string) => void process.stderr.write(`${text}\n`)
  await rebuildIndexes(store, { clock: systemClock, logger: { info: say, warn: say, error: say } })
  process.stdout.write(`the indexes of ${path} are built again\n`)
}
