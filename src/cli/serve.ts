/** `sekali serve`: runs the aggregator until it is told to stop, or its store fails. */
import type { Command } from 'commander'
import { type ConfigOption, configFileOption, configOptions, maskedStore, resolveSettings } from '../app/config.ts'
import { openLog } from '../app/logger.ts'
import { startAggregator } from '../app/start-aggregator.ts'
import { exitCode } from './exit-code.ts'
import { addHelp } from './help.ts'

/** How long the answers to the last requests may take to leave after the store has failed. */
const maxFarewellMs = 1000

export function addServeCommand(program: Command): void {
  const command = program.command('serve').description('run the aggregator')
  const options: readonly ConfigOption[] = [...configOptions, configFileOption]
  for (const { flag, placeholder, description, defaultText, env, isSwitch } of options) {
    const value = isSwitch ? `[${placeholder}]` : `<${placeholder}>`
    command.option(`--${flag} ${value}`, `${description} (default ${defaultText}, ${env})`)
  }
  command.action((options: Readonly<Record<string, string | true>>) => serve(options))
  addHelp(command, {
    examples: [
      'sekali serve --port 9000',
      'sekali serve --store sqlite:/var/lib/sekali/events.db --host 0.0.0.0',
      "sekali serve --store 'postgres://sekali:secret@db1,db2/events'",
      'SEKALI_LOG_LEVEL=warn sekali serve --store memory:',
    ],
    notes: `
Flags win over the environment, the environment over the file given by --config.

Exit codes: 0 stopped by a signal, 1 could not start, 2 wrong options, 74 the
store failed to write.`,
  })
}

async function serve(options: Readonly<Record<string, string | true>>): Promise<void> {
  const flags = Object.fromEntries(
    [...configOptions, configFileOption].map(({ flag }) => [flag, options[toCamelCase(flag)]?.toString()]),
  )
  const { config, origins } = resolveSettings(flags, process.env)
  const { logger, flush } = openLog(config.logLevel)
  // Before anything is opened or printed: whoever reads the first line may stop the process at once.
  const stopped = Promise.withResolvers<'stopped'>()
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      logger.info({ signal }, 'stopping')
      stopped.resolve('stopped')
    })
  }
  const aggregator = await startAggregator(config, logger, origins)
  process.stdout.write(`Sekali is listening on ${aggregator.url} (store ${maskedStore(config.store)})\n`)
  const outcome = await Promise.race([stopped.promise, aggregator.failure])
  const closed = aggregator[Symbol.asyncDispose]()
  // The store may fail also while what was accepted is committed.
  if (outcome === 'stopped' && (await Promise.race([closed, aggregator.failure])) === undefined) {
    logger.info('stopped')
    flush()
    return
  }
  logger.fatal('the store failed; ending, because memory and disk may disagree')
  const farewell = new Promise((resolve) => setTimeout(resolve, maxFarewellMs))
  await Promise.race([closed.catch(() => {}), farewell])
  flush()
  process.exit(exitCode.storeFailed)
}

function toCamelCase(flag: string): string {
  return flag.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase())
}
