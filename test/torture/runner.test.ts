/** `npm run torture` as its users start it, with faults that break nothing. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { faults } from '../../torture/faults/index.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const fake = fileURLToPath(new URL('./fake-torture.ts', import.meta.url))
const page = `# By hand
<!-- results: begin -->
<!-- results: end -->
In between
<!-- bugs: begin -->
<!-- bugs: end -->
`

function openPlace(t: TestContext) {
  const folder = temporaryFolder(t)
  const pageFile = join(folder, 'torture.md')
  writeFileSync(pageFile, page)
  const results = join(folder, 'results')
  const trials = temporaryFolder(t)
  const start = (...args: string[]) => {
    const child = spawn(process.execPath, [fake, results, pageFile, ...args], {
      env: { ...process.env, NODE_OPTIONS: '', TMPDIR: trials },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    t.after(() => child.kill('SIGKILL'))
    const exited = Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)]).then(
      ([[code], stdout, stderr]) => ({ code: Number(code), stdout, stderr }),
    )
    return { child, exited }
  }
  const readResult = (name: string) => JSON.parse(readFileSync(join(results, `${name}.json`), 'utf8'))
  return { start, run: (...args: string[]) => start(...args).exited, trials, pageFile, results, readResult }
}

test('faults that hold are tried one after the other, leave nothing behind, and end with 0', async (t) => {
  const { run, trials, results } = openPlace(t)
  const { code, stdout, stderr } = await run('--only', 'at-7,harmless', '--seed', '10')
  assert.deepEqual([code, stderr], [0, ''])
  assert.match(
    stdout,
    /harmless: does nothing\n {2}300 trials, 600 nothings in \d+ s: no violation\nat-7: .*\n {2}3 trials, 3 /,
  )
  assert.deepEqual(readdirSync(trials), [])
  assert.equal(existsSync(results), false)
})

test('it stops at the first violation, and says how to see it again', async (t) => {
  const { run, trials, readResult } = openPlace(t)
  const { code, stdout } = await run('--only', 'at-7,endless', '--seed', '6', '--write')
  assert.equal(code, 1)
  const [, folder = ''] = /^Everything that the trial left: (.*)$/m.exec(stdout) ?? []
  assert.ok(folder.startsWith(trials))
  assert.equal(readFileSync(join(folder, 'left.txt'), 'utf8'), '7')
  assert.match(stdout, /^VIOLATION: at-7, seed 7\n {2}I0: a promise was kept/m)
  const [, again = ''] = /^Again: fake-torture (.*)$/m.exec(stdout) ?? []
  assert.equal(again, '--only at-7 --seed 7 --trials 1')
  assert.doesNotMatch(stdout, /endless/)
  const [entry] = readResult('at-7').entries
  assert.deepEqual([entry.trials, entry.violations.length, entry.violations[0].seed], [2, 1, 7])
  const replayed = await run(...again.split(' '))
  assert.equal(replayed.code, 1)
  assert.match(replayed.stdout, /^VIOLATION: at-7, seed 7$/m)
})

test('a fault that cannot be tried here is no success, and the others are tried', async (t) => {
  const { run } = openPlace(t)
  const { code, stdout } = await run('--only', 'elsewhere,at-7', '--seed', '1')
  assert.equal(code, 1)
  assert.match(stdout, /^could not be tried: elsewhere, seed 1\n {2}Error: there is no such disk here/m)
  assert.match(stdout, /at-7: .*\n {2}3 trials/)
})

test('what is written adds up over runs, and the prose around it stays', async (t) => {
  const { run, pageFile, readResult } = openPlace(t)
  await run('--only', 'harmless', '--write')
  await run('--only', 'harmless', '--trials', '700', '--write')
  const { entries } = readResult('harmless')
  assert.deepEqual(
    entries.map(({ trials, tried, runs }: Record<string, number>) => [trials, tried, runs]),
    [[1000, 2000, 2]],
  )
  const written = readFileSync(pageFile, 'utf8')
  assert.match(written, /^# By hand\n<!-- results: begin -->\n[\s\S]*<!-- results: end -->\nIn between\n/)
  // 3 divided by 2,000.
  assert.match(
    written,
    /\| `harmless`: does nothing \| 1,000 \| 2,000 nothings \| 0 \| 0\.15 % per nothing \| [0-9a-f]{12}/,
  )
})

test('its share of the minutes ends a fault between two trials', async (t) => {
  const { run } = openPlace(t)
  const { code, stdout } = await run('--only', 'at-7', '--minutes', '1e-9', '--seed', '1')
  assert.equal(code, 0)
  assert.match(stdout, /^ {2}1 trial, 1 promises/m)
})

test('Ctrl-C ends it with 130, and leaves what was tried until then', async (t) => {
  const { start, trials, readResult } = openPlace(t)
  const { child, exited } = start('--only', 'harmless,endless', '--write')
  let printed = ''
  child.stdout.on('data', (chunk) => {
    printed += chunk
    if (!child.killed && printed.includes('endless: ')) child.kill('SIGINT')
  })
  const { code, stdout } = await exited
  assert.equal(code, 130)
  assert.match(stdout, /\nStopped\.\n$/)
  assert.equal(readResult('harmless').entries[0].trials, 300)
  assert.deepEqual(readdirSync(trials), [])
})

test('what is mistyped is a usage error, and help says which faults there are', async (t) => {
  const { run } = openPlace(t)
  for (const [args, complaint] of [
    [['--only', 'kil'], /^torture: --only: there is no fault "kil"; there are harmless, at-7/],
    [['--trials', '0'], /^torture: --trials must be a number above 0/],
    [['--trials', '1.5'], /^torture: --trials must be a whole number/],
    [['--seed', '4294967296'], /^torture: --seed must be/],
    [['--minute', '1'], /^torture: .*--minute/],
  ] as const) {
    const { code, stderr } = await run(...args)
    assert.equal(code, 2, stderr)
    assert.match(stderr, complaint)
  }
  const { code, stdout } = await run('--help')
  assert.equal(code, 0)
  assert.match(stdout, /^ {2}harmless +does nothing \(300 x; nothings\)$/m)
})

test('the faults have names of their own, which can be typed', () => {
  assert.equal(new Set(faults.map(({ name }) => name)).size, faults.length)
  for (const { name, trials } of faults) {
    assert.match(name, /^[a-z]+(-[a-z]+)*$/)
    assert.ok(trials >= 1)
  }
})
