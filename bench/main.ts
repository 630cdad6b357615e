/**
 * The developers' benchmarks: `npm run bench -- NAME [options]`, or without a name one after the other, against the budget.
 *
 * Stores lie in the system's temporary folder; set TMPDIR when that is not on the disk to be measured.
 */
import { parseArgs } from 'node:util'
import { UsageError } from '../src/app/config.ts'
import { version } from '../src/app/own-package.ts'
import { acceptClosedPipes } from '../src/cli/closed-pipes.ts'
import { exitCode } from '../src/cli/exit-code.ts'
import { listenForStop } from '../src/cli/stop-signal.ts'
import { TerminalLine } from '../src/cli/terminal-line.ts'
import { budgetText } from './budgets.ts'
import { clientCommand } from './client.ts'
import { clusterCommand } from './cluster.ts'
import type { Bench, BenchCommand, Budget } from './command.ts'
import { deliveryCommand } from './delivery.ts'
import { growthCommand } from './growth.ts'
import { ingestCommand } from './ingest.ts'
import { latencyCommand } from './latency.ts'
import { describeCommit, describeMachine } from './machine.ts'
import { peersCommand } from './peers.ts'
import { queriesCommand } from './queries.ts'
import { restartCommand } from './restart.ts'
import { keepReport } from './results.ts'

const commands: readonly BenchCommand[] = [
  ingestCommand,
  growthCommand,
  latencyCommand,
  restartCommand,
  queriesCommand,
  deliveryCommand,
  clientCommand,
  clusterCommand,
  peersCommand,
]
/** Without a name; growth takes long and is asked for by its name. */
const defaultNames = ['ingest', 'latency', 'restart', 'queries', 'delivery', 'client', 'cluster', 'peers']
/** How the codes of errors begin that `parseArgs` throws. */
const parseArgsCode = 'ERR_PARSE_ARGS'

const [name, ...rest] = process.argv.slice(2)
const named = commands.find((command) => command.name === name)
if (named !== undefined) await runAll([named], rest)
else if (name === undefined || name === '--write') {
  await runAll(
    commands.filter((command) => defaultNames.includes(command.name)),
    process.argv.slice(2),
  )
} else {
  process.stdout.write(usage())
  process.exitCode = name === '--help' ? exitCode.ok : exitCode.usage
}

async function runAll(chosen: readonly BenchCommand[], args: readonly string[]): Promise<void> {
  using stop = listenForStop()
  const closed = new AbortController()
  acceptClosedPipes(() => closed.abort(new Error('nobody reads the figures any more')))
  const signal = AbortSignal.any([stop.signal, closed.signal])
  using line = new TerminalLine(process.stderr, process.env)
  const print = (text: string) => {
    line[Symbol.dispose]()
    process.stdout.write(`${text}\n`)
  }
  print(placeText())
  const budgets: Budget[] = []
  try {
    for (const command of chosen) budgets.push(...(await runOne(command, args, { signal, line, print })))
  } catch (thrown) {
    line[Symbol.dispose]()
    process.exitCode = stop.exitCode ?? exitCodeOf(thrown)
    process.stderr.write(stop.exitCode === undefined ? `bench: ${(thrown as Error).message}\n` : 'Stopped.\n')
  }
  if (budgets.length > 0) print(`\n${budgetText(budgets)}`)
  if (budgets.some(({ isKept }) => !isKept)) process.exitCode ??= exitCode.failure
}

function exitCodeOf(thrown: unknown): number {
  const isUsage =
    thrown instanceof UsageError || String((thrown as NodeJS.ErrnoException).code).startsWith(parseArgsCode)
  return isUsage ? exitCode.usage : exitCode.failure
}

async function runOne(command: BenchCommand, args: readonly string[], bench: Bench): Promise<readonly Budget[]> {
  const strings = Object.entries(command.options).map(([option, { default: text }]) => [
    option,
    { type: 'string', ...(text !== undefined && { default: text }) } as const,
  ])
  const { values } = parseArgs({
    args: [...args],
    options: { ...Object.fromEntries(strings), write: { type: 'boolean', default: false } },
  })
  const { write, ...flags } = values as { readonly write: boolean } & Record<string, string | undefined>
  bench.print(`\n${command.name}: ${command.summary}`)
  const report = await command.run(flags, bench)
  if (write) {
    const typed = ['npm run bench --', command.name, ...args].join(' ')
    bench.print(`Kept in ${keepReport(command.name, typed, report).join(' and ')}`)
  }
  return report.budgets
}

/** What a figure depends on besides the program. */
function placeText(): string {
  const { cores, cpu, system, node, sqlite, fileSystem } = describeMachine()
  const place = `sekali ${version}, commit ${describeCommit()}, Node ${node}, SQLite ${sqlite}, ${cores} x ${cpu}, ${system}, ${fileSystem}`
  if (fileSystem !== 'tmpfs') return place
  return `${place}\nThe temporary folder is in memory: nothing here is durable. Set TMPDIR.`
}

function usage(): string {
  const parts = commands.map(({ name: command, summary, options }) => {
    const rows = Object.entries(options).map(([option, { description, default: text }]) => [
      `    --${option}`,
      `${description}${text === undefined || text === '' ? '' : ` (default ${text})`}`,
    ])
    return `  ${command}: ${summary}\n${rows.map(([option = '', text]) => `${option.padEnd(20)} ${text}`).join('\n')}`
  })
  return `Usage: npm run bench -- [NAME] [options]

Without a name: ${defaultNames.join(', ')}, with their defaults. --write keeps results in bench/results/.
Ends with 1 when a budget is missed.

${parts.join('\n')}
`
}
