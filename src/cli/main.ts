/** The command line: which commands there are, and what a mistake in typing them gets. */
import { Command, CommanderError } from 'commander'
import { version } from '../app/own-package.ts'
import { addBenchCommand } from './bench.ts'
import { acceptClosedPipes } from './closed-pipes.ts'
import { addCompletionCommand } from './completion/completion.ts'
import { addCopyCommand } from './copy.ts'
import { addDemoCommand } from './demo.ts'
import { addDoctorCommand } from './doctor/doctor.ts'
import { addDupsCommand } from './dups.ts'
import { errorText } from './error-text.ts'
import { exitCode, exitCodeOf } from './exit-code.ts'
import { addHelp, leadWithExamples } from './help.ts'
import { addColorOption } from './output.ts'
import { addPublishCommand } from './publish.ts'
import { addEventsCommand } from './read/events.ts'
import { addGetCommand } from './read/get.ts'
import { addTailCommand } from './read/tail.ts'
import { addTopicsCommand } from './read/topics.ts'
import { addRebuildIndexCommand } from './rebuild-index.ts'
import { addServeCommand } from './serve.ts'
import { addStatsCommand } from './stats.ts'
import { addSubCommand } from './sub/sub.ts'
import { addExportCommand } from './transfer/export.ts'
import { addImportCommand } from './transfer/import.ts'
import { addVerifyCommand } from './verify.ts'

const program = new Command('sekali')
  .description('Publish as often as you like; every event is stored once.')
  .version(version)
  .showHelpAfterError('Try --help.')
  .exitOverride()
addHelp(program, {
  examples: [
    ['sekali serve', 'run the aggregator on http://127.0.0.1:8080'],
    ['sekali demo', 'see it at work for ten seconds'],
    ['sekali publish events.ndjson', 'publish a file of events'],
    ["sekali tail 'orders.>'", 'follow them as they are stored'],
    ['sekali stats --watch', 'what was received, stored and dropped'],
    ['sekali doctor', 'what is wrong, and what to do about it'],
    ['sekali bench', 'measure it on this machine'],
  ],
})
leadWithExamples(program)
addColorOption(program)

program.commandsGroup('Run a server:')
for (const add of [addServeCommand, addDemoCommand, addBenchCommand]) add(program)
program.commandsGroup('Publish and read:')
for (const add of [addPublishCommand, addTailCommand, addEventsCommand, addGetCommand, addTopicsCommand]) add(program)
for (const add of [addSubCommand, addExportCommand, addImportCommand]) add(program)
program.commandsGroup('Look after a server:')
for (const add of [addStatsCommand, addDupsCommand, addDoctorCommand]) add(program)
program.commandsGroup('Look after a store:')
for (const add of [addVerifyCommand, addCopyCommand, addRebuildIndexCommand]) add(program)
program.commandsGroup('Your shell:')
addCompletionCommand(program)

acceptClosedPipes()
try {
  await program.parseAsync()
} catch (thrown) {
  process.exitCode = report(thrown)
}

function report(thrown: unknown): number {
  if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? exitCode.ok : exitCode.usage
  process.stderr.write(`sekali: ${errorText(thrown)}\n`)
  return exitCodeOf(thrown)
}
