/** `sekali import`: events of an export or of `sekali events --json` into a server; what is stored already stays as it is. */
import type { Command } from 'commander'
import { addHelp } from '../help.ts'
import { lineAt, ndjsonBatches } from '../ndjson-batches.ts'
import { printable } from '../output.ts'
import { openPublishInput } from '../publish-input.ts'
import { failureText } from '../publish-report.ts'
import type { Refusal } from '../publish-run.ts'
import { runSession } from '../publish-session.ts'
import { retryForMs } from '../retry-for.ts'
import { addServerOptions, type ServerFlags, serverAddressOf } from '../server-options.ts'
import { cutTo } from '../table.ts'
import { publishable } from './publishable.ts'

interface ImportFlags extends ServerFlags {
  readonly skipInvalid?: true
  readonly retryFor?: string
  readonly json?: true
}

export function addImportCommand(program: Command): void {
  const command = program
    .command('import')
    .description('store the events of an export; again, it changes nothing')
    .argument('[FILE]', 'NDJSON; - is standard input')
    .option('--skip-invalid', 'leave out lines that the server refuses, and go on')
    .option('--retry-for <SECONDS>', 'give up after this long without progress (default 60)')
    .option('--json', 'the counts at the end as one line of JSON')
    .action(async (path: string | undefined, flags: ImportFlags) => {
      process.exitCode = await runImport(path, flags)
    })
  addHelp(addServerOptions(command), {
    examples: [
      'sekali import backup.ndjson',
      'zstdcat backup.ndjson.zst | sekali import',
      'sekali export --url http://old:8080 | sekali import --url http://new:8080',
    ],
    notes: `
Takes what "sekali export" and "sekali events --json" write; seq and
processed_at are left out, because the server gives its own. Ids and payloads
are kept, so events that are stored already are duplicates, which are a
success: an import that was interrupted is simply started again.

With --skip-invalid each line that the server refuses is named on standard
error with its beginning; without it the first one ends the import.

Exit codes: 0 all is stored, duplicates too; 1 nothing could be stored; 2 wrong
options or no such file; 3 lines were refused, others are stored; 4 the token
was refused; 6 the server is away; 130 stopped by Ctrl-C.`,
  })
}

function runImport(path: string | undefined, flags: ImportFlags): Promise<number> {
  const server = serverAddressOf(flags)
  const maxStallMs = retryForMs(flags.retryFor)
  const input = openPublishInput(path)
  return runSession({
    server,
    maxStallMs,
    input,
    batches: ndjsonBatches(input, publishable),
    hasRandomIds: false,
    isJson: flags.json === true,
    refusalText: flags.skipInvalid && ((refusal) => refusalText(refusal, input.name)),
  })
}

const maxShownCells = 200

function refusalText({ thrown, batch, index }: Refusal, name: string): string {
  const line = cutTo(printable(lineAt(batch, index)), maxShownCells)
  return `sekali: ${failureText({ thrown, batch }, name)}\n  ${line}`
}
