/** `sekali doctor`: what is wrong with a server, or with a store's file, and what to do about it. */
import type { Command } from 'commander'
import { resolveConfig } from '../../app/config.ts'
import { exitCode } from '../exit-code.ts'
import { counted } from '../format.ts'
import { addHelp } from '../help.ts'
import { note, print, type Style, styled } from '../output.ts'
import { addServerOptions, type ServerFlags, serverAddressOf } from '../server-options.ts'
import { listenForStop } from '../stop-signal.ts'
import type { Check } from './check.ts'
import { fileChecks } from './file-checks.ts'
import { serverChecks } from './server-checks.ts'

interface DoctorFlags extends ServerFlags {
  readonly store?: string
  readonly json?: true
}

export function addDoctorCommand(program: Command): void {
  const command = program
    .command('doctor')
    .description('what is wrong with a server or a store, and what to do about it')
    .option('--store <URL>', 'sqlite:PATH: look at the file, with or without a server')
    .option('--json', 'one JSON object a check a line')
    .action(async (flags: DoctorFlags) => {
      process.exitCode = await doctor(flags)
    })
  addHelp(addServerOptions(command), {
    examples: [
      'sekali doctor',
      'sekali doctor --url https://sekali.example.com',
      ['sekali doctor --store sqlite:data/sekali.db', 'a file, also when no server runs'],
      'sekali doctor --json | jq -r \'select(.result != "ok") | .advice\'',
    ],
    notes: `
Asks the server; with --store it looks at the file instead, with both --store
and --url at both. Changes nothing, and does not read the events: that is what
"sekali verify" is for. A warning may be meant so, a problem is not.

Exit codes: 0 no problem, warnings are fine; 1 a problem; 2 wrong options;
4 the token was refused; 6 the server is away; 130 stopped by Ctrl-C.`,
  })
}

async function doctor(flags: DoctorFlags): Promise<number> {
  const server = serverAddressOf(flags)
  const store = flags.store === undefined ? undefined : resolveConfig({ store: flags.store }, {}).store
  using stop = listenForStop()
  const found: Check[] = []
  const subjects: (readonly [of: string, checks: AsyncIterable<Check>])[] = []
  if (store !== undefined) subjects.push([store, fileChecks(store)])
  if (store === undefined || flags.url !== undefined) subjects.push([server.url, serverChecks(server, stop.signal)])
  try {
    for (const [of, checks] of subjects) {
      if (!flags.json && subjects.length > 1) await print(`${styled('bold', of)}\n`)
      for await (const check of checks) {
        found.push(check)
        await print(flags.json ? checkJson(of, check) : checkText(check))
      }
    }
  } catch (thrown) {
    if (stop.exitCode === undefined) throw thrown
    return stop.exitCode
  }
  if (!flags.json) {
    await print(`\n${summaryText(found)}\n`)
    if (store !== undefined)
      note(`The events themselves were not read: "sekali verify --store ${flags.store}" does that.`)
  }
  return exitCodeFor(found)
}

const styles = { ok: 'green', warning: 'yellow', problem: 'red' } as const satisfies Record<Check['result'], Style>
const resultWidth = 9
const nameWidth = 15

function checkText({ name, result, detail, advice }: Check): string {
  const line = `${styled(styles[result], result.padEnd(resultWidth))}${name.padEnd(nameWidth)}${detail}\n`
  return advice === undefined ? line : `${line}${' '.repeat(resultWidth + nameWidth)}→ ${advice}\n`
}

function checkJson(of: string, { name, result, detail, advice }: Check): string {
  return `${JSON.stringify({ of, check: name, result, detail, advice: advice ?? null })}\n`
}

function summaryText(found: readonly Check[]): string {
  const count = (result: Check['result']) => found.filter((each) => each.result === result).length
  const counts = `${count('ok')} ok, ${counted(count('warning'), 'warning')}, ${counted(count('problem'), 'problem')}`
  return `${counted(found.length, 'check')}: ${counts}`
}

function exitCodeFor(found: readonly Check[]): number {
  const own = found.find((each) => each.exitCode !== undefined)?.exitCode
  return own ?? (found.some(({ result }) => result === 'problem') ? exitCode.failure : exitCode.ok)
}
