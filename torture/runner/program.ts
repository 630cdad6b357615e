/**
 * The program around the faults: tries one after the other, says how far it is, stops at the first promise that does not
 * hold with everything that is needed to see it again, and adds up figures.
 */
import { mkdtempSync, rmdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describeCommit } from '../../bench/machine.ts'
import { UsageError } from '../../src/app/config.ts'
import { version } from '../../src/app/own-package.ts'
import { acceptClosedPipes } from '../../src/cli/closed-pipes.ts'
import { exitCode } from '../../src/cli/exit-code.ts'
import { listenForStop } from '../../src/cli/stop-signal.ts'
import { TerminalLine } from '../../src/cli/terminal-line.ts'
import type { SeededBug } from '../bugs/seeded-bug.ts'
import type { Fault } from '../fault.ts'
import { parseOptions, type RunOptions, usageText } from './options.ts'
import { failureText, paintedText, progressText, summaryText } from './progress.ts'
import { keepRun } from './results.ts'
import { type FaultRun, runFault } from './run-fault.ts'

export interface Program {
  readonly faults: readonly Fault[]
  readonly bugs: readonly SeededBug[]
  /** As it is typed, for replaying. */
  readonly command: string
  readonly resultsFolder: URL
  readonly pageFile: URL
}

/** How the codes of errors begin that `parseArgs` throws. */
const parseArgsCode = 'ERR_PARSE_ARGS'
/** Between two lines where there is no terminal to paint on. */
const plainLineMs = 10_000

export async function runProgram(args: readonly string[], program: Program): Promise<void> {
  const { faults, command } = program
  try {
    const options = parseOptions(args, faults)
    if (options === undefined) process.stdout.write(usageText(command, faults))
    else await runAll(options, args, program)
  } catch (thrown) {
    if (!isUsageError(thrown)) throw thrown
    process.stderr.write(`torture: ${thrown.message}\n`)
    process.exitCode = exitCode.usage
  }
}

function isUsageError(thrown: unknown): thrown is Error {
  if (!(thrown instanceof Error)) return false
  return thrown instanceof UsageError || ('code' in thrown && String(thrown.code).startsWith(parseArgsCode))
}

async function runAll(options: RunOptions, args: readonly string[], program: Program): Promise<void> {
  using stop = listenForStop()
  const closed = new AbortController()
  acceptClosedPipes(() => closed.abort(new Error('nobody reads the figures any more')))
  const signal = AbortSignal.any([stop.signal, closed.signal])
  using line = new TerminalLine(process.stdout, process.env)
  const print = (text: string) => {
    line[Symbol.dispose]()
    process.stdout.write(`${text}\n`)
  }
  const folder = mkdtempSync(join(tmpdir(), 'sekali-torture-'))
  print(`sekali ${version}, commit ${describeCommit()}, seed ${options.seed}, in ${folder}`)
  const endsAtMs = performance.now() + (options.minutes ?? Number.POSITIVE_INFINITY) * 60_000
  for (const [index, fault] of options.faults.entries()) {
    const maxMs = Math.max(0, (endsAtMs - performance.now()) / (options.faults.length - index))
    const run = await runOne(fault, { options, folder, maxMs, signal, line, print })
    if (options.mustWrite && run.trials > 0) {
      const files = keepRun(run, { ...program, typed: [program.command, ...args].join(' ') })
      print(`Kept in ${files.join(' and ')}`)
    }
    const failure = run.violation ?? run.trouble
    if (failure !== undefined) {
      print(failureText(run, failure, program.command))
      process.exitCode = exitCode.failure
    }
    if (run.violation !== undefined || signal.aborted) break
  }
  if (signal.aborted) {
    print('Stopped.')
    process.exitCode ??= stop.exitCode ?? exitCode.failure
  }
  removeIfEmpty(folder)
}

interface OneRun {
  readonly options: RunOptions
  readonly folder: string
  readonly maxMs: number
  readonly signal: AbortSignal
  readonly line: TerminalLine
  readonly print: (text: string) => void
}

async function runOne(fault: Fault, { options, line, print, ...rest }: OneRun): Promise<FaultRun> {
  const { trials = fault.trials, seed: firstSeed } = options
  print(`${fault.name}: ${fault.what}`)
  let printedAtMs = performance.now()
  const onTrial = (run: FaultRun) => {
    const bounds = { trials, maxMs: rest.maxMs }
    if (line.isShown) line.paint(paintedText(run, bounds))
    else if (performance.now() - printedAtMs >= plainLineMs) {
      printedAtMs = performance.now()
      print(`  ${progressText(run, bounds)}`)
    }
  }
  const run = await runFault({ fault, firstSeed, trials, onTrial, ...rest })
  print(summaryText(run))
  return run
}

/** What a trial has left because of a failure stays. */
function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder)
  } catch (thrown) {
    if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOTEMPTY')) throw thrown
  }
}
