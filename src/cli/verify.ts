/** `sekali verify`: checks a store, whether or not a server works with it. */
import type { Command } from 'commander'
import { maskedStore, resolveConfig } from '../app/config.ts'
import { openVerification } from '../app/verify-store.ts'
import type { VerificationProgress, VerificationReport } from '../core/store-verification.ts'
import { exitCode } from './exit-code.ts'
import { addHelp } from './help.ts'
import { listenForStop, type StopSignal } from './stop-signal.ts'
import { barText, TerminalLine } from './terminal-line.ts'
import { problemCount, verificationJson, verificationText } from './verify-report.ts'

interface VerifyFlags {
  readonly store?: string
  readonly json?: true
}

const barWidth = 16

export function addVerifyCommand(program: Command): void {
  const command = program
    .command('verify')
    .description('check that a store holds what it says it holds')
    .option('--store <URL>', 'sqlite:PATH or postgres://USER@HOST/DB (default sqlite:data/sekali.db, SEKALI_STORE)')
    .option('--json', 'one JSON object on stdout')
    .action(async (flags: VerifyFlags) => {
      process.exitCode = await verify(flags)
    })
  addHelp(command, {
    examples: [
      'sekali verify --store sqlite:data/sekali.db',
      'sekali verify --store postgres://sekali@db1/sekali',
      'sekali verify --json | jq .problems',
    ],
    notes: `
Reads the whole store in one snapshot, and changes nothing. Servers may work
with it meanwhile. A password that is not in the URL is taken from PGPASSWORD.

Exit codes: 0 no problems, 1 problems found or the store cannot be read,
2 wrong options, 130 stopped by Ctrl-C.`,
  })
}

async function verify({ store: storeFlag, json }: VerifyFlags): Promise<number> {
  const { store } = resolveConfig({ store: storeFlag }, process.env)
  const verification = openVerification(store)
  const startedAtMs = performance.now()
  using stop = listenForStop()
  using line = new TerminalLine(process.stderr, process.env)
  try {
    const onProgress = (progress: VerificationProgress) => line.paint(progressText(progress))
    const report = await verification.run({ signal: stop.signal, onProgress })
    line[Symbol.dispose]()
    const document = { report, store: maskedStore(store), elapsedMs: performance.now() - startedAtMs }
    process.stdout.write(json ? verificationJson(document) : verificationText(document))
    return exitCodeOf(report)
  } catch (thrown) {
    if (stop.exitCode === undefined) throw thrown
    line[Symbol.dispose]()
    process.stderr.write('Stopped before the end: nothing is known of the store.\n')
    endBySignal(stop, stop.exitCode)
    return stop.exitCode
  }
}

/**
 * Ends the process as the signal would have: SQLite may be in the middle of reading all of the file for its integrity check, and
 * every other way to exit waits for that.
 */
function endBySignal(stop: StopSignal, code: number): void {
  stop[Symbol.dispose]()
  process.kill(process.pid, code - 128)
}

function exitCodeOf(report: VerificationReport): number {
  return problemCount(report) === 0 ? exitCode.ok : exitCode.failure
}

function progressText({ check, fraction }: VerificationProgress): string {
  const percent = fraction === undefined ? '' : `${Math.floor(fraction * 100)} %`
  return `${barText(fraction ?? 0, barWidth)} ${percent.padStart(5)}  ${check.replaceAll('_', ' ')}`
}
