/** `sekali completion`: what is offered is what the program has. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { Argument, Command, Option } from 'commander'
import { bashCompletion } from '../../src/cli/completion/bash.ts'
import { commandTree } from '../../src/cli/completion/command-tree.ts'
import { fishCompletion } from '../../src/cli/completion/fish.ts'
import { zshCompletion } from '../../src/cli/completion/zsh.ts'
import { runSekali } from '../support/process.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

/** Has all that a program can have. */
function sampleProgram(): Command {
  const program = new Command('sample').version('1').option('--color <WHEN>', 'in color')
  program.addOption(new Option('--secret', 'not shown').hideHelp())
  const sub = program.command('sub').description('several')
  sub
    .command('run')
    .description("it's one: of them")
    .argument('<NAME>', 'of whom')
    .addArgument(new Argument('<WHERE...>', 'places').choices(['here', 'there']))
    .addOption(new Option('-k, --kind <KIND>', 'of a kind').choices(['big', 'small']))
    .option('--wait [SECONDS]', 'for a while')
    .option('--out <FILE>', 'written there')
  program
    .command('read')
    .argument('[FILE]', 'to read')
    .action(() => {})
  return program
}

/** What bash offers for each of these lines, the word at its end being typed. */
async function offeredByBash(script: string, lines: readonly (readonly string[])[], cwd: string): Promise<string[][]> {
  const calls = lines.map((words) => {
    const quoted = words.map((word) => `'${word}'`).join(' ')
    return `COMP_WORDS=(${quoted}); COMP_CWORD=${words.length - 1}; complete_it; (IFS='|'; echo "\${COMPREPLY[*]}")`
  })
  const name = lines[0]?.[0]
  const text = `source <(cat <<'END'\n${script}END\n)\ncomplete_it() { _${name}; }\n${calls.join('\n')}`
  const { stdout } = await promisify(execFile)('bash', ['-c', text], { cwd })
  return stdout.split('\n', lines.length).map((line) => line.split('|').filter((word) => word !== ''))
}

test('bash completes commands, options, their values and files', async (t) => {
  const folder = temporaryFolder(t)
  writeFileSync(join(folder, 'a file'), '')
  writeFileSync(join(folder, 'ano*ther'), '')
  const expected: readonly (readonly [words: string, offered: readonly string[]])[] = [
    ['', ['sub', 'read', 'help']],
    ['s', ['sub']],
    ['sub ', ['run', 'help']],
    ['help ', ['sub', 'read']],
    ['--', ['--version', '--color', '--help']],
    ['sub run --', ['--kind', '--wait', '--out', '--help', '--version', '--color']],
    ['sub run -', ['-k', '--kind', '--wait', '--out', '-h', '--help', '-V', '--version', '--color']],
    ['sub run -k ', ['big', 'small']],
    ['sub run --kind s', ['small']],
    ['sub run --kind = s', ['small']],
    ['sub run --kind =', ['big', 'small']],
    ['sub run --wait --k', ['--kind']],
    ['sub run --wait 5 --k', ['--kind']],
    ['--color never re', ['read']],
    ['--color = never re', ['read']],
    ['--color ', []],
    ['sub run ', []],
    ['sub run somebody ', ['here', 'there']],
    ['sub run --kind big somebody here th', ['there']],
    ['sub run --out a', ['a file', 'ano*ther']],
    ['read a', ['a file', 'ano*ther']],
    ['read x a', []],
  ]
  const script = bashCompletion(commandTree(sampleProgram()), 'sample')
  const lines = expected.map(([words]) => ['sample', ...words.split(' ')])
  const offered = await offeredByBash(script, lines, folder)
  assert.deepEqual(
    offered.map((each, index) => [expected[index]?.[0], each.toSorted()]),
    expected.map(([words, each]) => [words, each.toSorted()]),
  )
})

test('sekali itself is completed by bash, with everything that its help has', async (t) => {
  const [{ code, stdout }, help, publishHelp, unknown] = await Promise.all([
    runSekali(t, ['completion', 'bash']),
    runSekali(t, ['--help']),
    runSekali(t, ['publish', '--help']),
    runSekali(t, ['completion', 'bsh']),
  ])
  assert.equal(code, 0)
  const [commands, options, values] = await offeredByBash(
    stdout,
    [
      ['sekali', ''],
      ['sekali', 'publish', '--'],
      ['sekali', 'dups', '--by', ''],
    ],
    '/',
  )
  for (const command of commands ?? []) assert.match(help.stdout, new RegExp(`^  ${command}\\b`, 'm'))
  assert((commands?.length ?? 0) > 8)
  const inHelp = [...publishHelp.stdout.matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm)].map((match) => match[1])
  assert.deepEqual(options?.toSorted(), [...new Set(inHelp)].toSorted())
  assert.deepEqual(values, ['source', 'event'])
  assert.equal(unknown.code, 2)
  assert.match(unknown.stderr, /Allowed choices are bash, zsh, fish/)
})

test('zsh and fish get the same words, and the quotes and colons of descriptions do no harm', () => {
  const tree = commandTree(sampleProgram())
  const zsh = zshCompletion(tree, 'sample')
  assert.match(zsh, /^#compdef sample\n/)
  assert(zsh.includes(`(' sub:0') words_here=('run:it'\\''s one: of them' 'help:`), zsh)
  assert(zsh.includes(`(' sub run:-k'|' sub run:--kind') compadd -- 'big' 'small'; return ;;`), zsh)
  assert(zsh.includes("(' sub run') words_here=('-k:of a kind' '--kind:of a kind' "), zsh)
  const fish = fishCompletion(tree, 'sample')
  assert(fish.includes(`-a 'run' -d 'it\\'s one: of them'\n`), fish)
  assert(fish.includes(`-s k -l kind -x -a 'big small' -d 'of a kind'\n`), fish)
  assert(fish.includes(`-l wait -d 'for a while'\n`), fish)
  for (const script of [zsh, fish]) assert(!script.includes('secret'))
})
