/** `sekali verify`: checks a store, whether or not a server works with it. */
import type { Command } from 'commander'
import { maskedStore, resolveConfig } from '../app/config.ts'
import { openVerification } from '../app/verify-store.ts'
import type { VerificationProgress, VerificationReport } from '../core/store-verification.ts'
import { exitCode } from './exit-code.ts'
import { listenForStop } from './stop-signal.ts'
import { barText, TerminalLine } from './terminal-line.ts'
import { problemCount, verificationJson, verificationText } from './verify-report.ts'

interface VerifyFlags {
  readonly store?: string
  readonly json?: true
}

const barWidth = 16

export function addVerifyCommand(program: Command): void {
  program
    .command('verify')
    .description('check that a store holds what it says it holds')
    .option('--store <URL>', 'sqlite:PATH (default sqlite:data/sekali.db, SEKALI_STORE)')
    .option('--json', 'one JSON object on stdout')
    .addHelpText(
      'after',
      `
Reads the whole store in one snapshot, and changes nothing. A server may work
with it meanwhile.

Examples:
  sekali verify --store sqlite:data/sekali.db
  sekali verify --json | jq .problems

Exit codes: 0 no problems, 1 problems found or the store cannot be read,
2 wrong options, 130 stopped by Ctrl-C.`,
    )
    .action(async (flags: VerifyFlags) => {
      process.exitCode = await verify(flags)
    })
}

async function verify({ store: storeFlag, json }: VerifyFlags): Promise<number> {
  const { store } = resolveConfig({ store: storeFlag }, process.env)
  const verification = openVerification(store)
  const startedAtMs = performance.now()
  const stop = listenForStop()
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
    return stop.exitCode
  } finally {
    stop[Symbol.dispose]()
  }
}

function exitCodeOf(report: VerificationReport): number {
  return problemCount(report) === 0 ? exitCode.ok : exitCode.failure
}

function progressText({ check, fraction }: VerificationProgress): string {
  const percent = fraction === undefined ? '' : `${Math.floor(fraction * 100)} %`
  return `${barText(fraction ?? 0, barWidth)} ${percent.padStart(5)}  ${check.replaceAll('_', ' ')}`
}
