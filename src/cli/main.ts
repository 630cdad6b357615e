/** The command line: which commands there are, and what a mistake in typing them gets. */
import { Command, CommanderError } from 'commander'
import { UsageError } from '../app/config.ts'
import { version } from '../app/own-package.ts'
import { AppError } from '../core/errors.ts'
import { addBenchCommand } from './bench.ts'
import { addCopyCommand } from './copy.ts'
import { addDemoCommand } from './demo.ts'
import { exitCode } from './exit-code.ts'
import { addPublishCommand } from './publish.ts'
import { addRebuildIndexCommand } from './rebuild-index.ts'
import { addServeCommand } from './serve.ts'
import { addVerifyCommand } from './verify.ts'

const program = new Command('sekali')
  .description('Publish as often as you like; every event is stored once.')
  .version(version)
  .showHelpAfterError('Try --help.')
  .exitOverride()
  .addHelpText(
    'after',
    `
Examples:
  sekali serve                          run the aggregator on http://127.0.0.1:8080
  sekali demo                           see it at work for ten seconds
  sekali publish events.ndjson          publish a file of events
  sekali publish --lines --topic logs.app /var/log/app.log
  sekali bench                          measure it on this machine`,
  )
addServeCommand(program)
addPublishCommand(program)
addDemoCommand(program)
addBenchCommand(program)
addRebuildIndexCommand(program)
addCopyCommand(program)
addVerifyCommand(program)

try {
  await program.parseAsync()
} catch (thrown) {
  process.exitCode = report(thrown)
}

function report(thrown: unknown): number {
  if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? exitCode.ok : exitCode.usage
  const text = thrown instanceof Error ? thrown.message : String(thrown)
  process.stderr.write(`sekali: ${text}\n`)
  if (thrown instanceof UsageError) return exitCode.usage
  return thrown instanceof AppError && thrown.code === 'store_failed' ? exitCode.storeFailed : exitCode.failure
}
