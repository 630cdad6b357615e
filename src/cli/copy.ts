/** `sekali copy`: moves a stopped SQLite store to PostgreSQL. */
import { existsSync } from 'node:fs'
import type { Command } from 'commander'
import { maskedStore, UsageError } from '../app/config.ts'
import { type CopyProgress, copyStore } from '../app/copy-store.ts'
import { exitCode } from './exit-code.ts'
import { formatCount, formatRate, formatSeconds } from './format.ts'
import { addHelp } from './help.ts'
import { listenForStop } from './stop-signal.ts'
import { barText, TerminalLine } from './terminal-line.ts'

interface CopyFlags {
  readonly from: string
  readonly to: string
}

const barWidth = 16

export function addCopyCommand(program: Command): void {
  const command = program
    .command('copy')
    .description('move a stopped store to PostgreSQL')
    .requiredOption('--from <URL>', 'sqlite:PATH, which no server has open')
    .requiredOption('--to <URL>', 'postgres://USER@HOST/DB, which no server uses yet')
    .action(async (flags: CopyFlags) => {
      process.exitCode = await copy(flags)
    })
  addHelp(command, {
    examples: [
      'sekali copy --from sqlite:data/sekali.db --to postgres://sekali@db1/sekali',
      'sekali copy --from sqlite:old.db --to postgres://sekali@db1,db2,db3/sekali',
    ],
    notes: `
Copies events with their seqs, dedup keys, duplicates, conflicts, counters,
rates and subscriptions with their positions, leases and dead letters, then
reads both sides and compares them. Interrupted, it goes on where it stopped
when it is run again; run once more, it changes nothing. Stop the server on
the source first. Servers on the target answer 503 until the copy is complete.
A password that is not in the URL is taken from PGPASSWORD.

Exit codes: 0 copied and the same, 1 not copied or not the same, 2 wrong
options, 130 stopped by Ctrl-C.`,
  })
}

async function copy({ from, to }: CopyFlags): Promise<number> {
  const path = from.replace(/^sqlite:/, '')
  if (from.startsWith('sqlite:') && !existsSync(path)) throw new UsageError(`${path}: there is no such file`)
  using stop = listenForStop()
  using line = new TerminalLine(process.stderr, process.env)
  const startedAtMs = performance.now()
  const elapsedMs = () => performance.now() - startedAtMs
  try {
    const { signal } = stop
    const onProgress = (progress: CopyProgress) => line.paint(progressText(progress, elapsedMs()))
    const { copiedRows, events, duplicates, topics, subscriptions } = await copyStore({ from, to, signal, onProgress })
    line[Symbol.dispose]()
    process.stdout.write(
      `${copiedRows === 0 ? 'nothing was missing' : `${formatCount(copiedRows)} rows copied`} in ${formatSeconds(elapsedMs())}
events         ${formatCount(events)}
duplicates     ${formatCount(duplicates)} on record
topics         ${formatCount(topics)}
subscriptions  ${formatCount(subscriptions)}
Both sides were compared and are the same.
`,
    )
    return exitCode.ok
  } catch (thrown) {
    if (stop.exitCode === undefined) throw thrown
    line[Symbol.dispose]()
    process.stderr.write(`Stopped. The same command goes on where it stopped: --to ${maskedStore(to)}\n`)
    return stop.exitCode
  }
}

function progressText({ step, doneRows, totalRows }: CopyProgress, elapsedMs: number): string {
  const fraction = totalRows === 0 ? 1 : doneRows / totalRows
  const percent = `${Math.floor(fraction * 100)} %`.padStart(5)
  return `${barText(fraction, barWidth)} ${percent} of ${formatCount(totalRows)} rows  ${step}  ${formatRate(doneRows, elapsedMs)}`
}
