/** `sekali rebuild-index`: builds the dedup index of a stopped store again, from its events. */
import { existsSync } from 'node:fs'
import type { Command } from 'commander'
import { resolveConfig, UsageError } from '../app/config.ts'
import { rebuildDedupIndex } from '../app/open-store.ts'
import { systemClock } from '../core/clock.ts'

export function addRebuildIndexCommand(program: Command): void {
  program
    .command('rebuild-index')
    .description('build the dedup index of a stopped store again')
    .option('--store <URL>', 'sqlite:PATH (default sqlite:data/sekali.db, SEKALI_STORE)')
    .addHelpText(
      'after',
      `
The index is derived from the stored events: nothing can be lost. A server that
finds its index damaged builds it again by itself; this command is for those who
want it done now. The server must be stopped.

Example:
  sekali rebuild-index --store sqlite:data/sekali.db`,
    )
    .action(({ store }: { readonly store?: string }) => rebuildIndex(store))
}

async function rebuildIndex(storeFlag: string | undefined): Promise<void> {
  const { store } = resolveConfig({ store: storeFlag }, process.env)
  const path = store.slice('sqlite:'.length)
  if (store.startsWith('sqlite:') && !existsSync(path)) throw new UsageError(`${path}: there is no such file`)
  const say = (text: string) => void process.stderr.write(`${text}\n`)
  await rebuildDedupIndex(store, { clock: systemClock, logger: { info: say, warn: say } })
  process.stdout.write(`the dedup index of ${path} is built again\n`)
}
