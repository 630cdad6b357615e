/** `npm run bench` as its users start it. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { temporaryFolder } from '../support/temporary-folder.ts'

const main = fileURLToPath(new URL('../../bench/main.ts', import.meta.url))

function start(t: TestContext, args: readonly string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [main, ...args], {
    env: { ...process.env, NODE_OPTIONS: '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  t.after(() => child.kill('SIGKILL'))
  const exited = Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)]).then(
    ([[code], stdout, stderr]) => ({ code: code as number, stdout, stderr }),
  )
  return { child, exited }
}

test('it says which benchmarks there are, and their options', async (t) => {
  const { code, stdout } = await start(t, ['--help']).exited
  assert.equal(code, 0)
  for (const name of ['ingest', 'growth', 'latency', 'restart', 'queries', 'delivery', 'client', 'cluster', 'peers']) {
    assert.match(stdout, new RegExp(`^  ${name}: `, 'm'))
  }
  assert.match(stdout, /--keys +events to store \(default 10e6\)/)
})

test('what is mistyped is a usage error', async (t) => {
  const unknown = await start(t, ['ingets']).exited
  assert.deepEqual([unknown.code, unknown.stdout.startsWith('Usage:')], [2, true])
  const wrongOption = await start(t, ['ingest', '--second', '1']).exited
  assert.deepEqual([wrongOption.code, /^bench: .*--second/.test(wrongOption.stderr)], [2, true])
  const wrongValue = await start(t, ['growth', '--keys', 'many']).exited
  assert.deepEqual([wrongValue.code, wrongValue.stderr], [2, 'bench: --keys must be above 0, not "many"\n'])
})

test('one of the benchmarks runs to its end', async (t) => {
  const args = ['peers', '--only', 'raw', '--seconds', '0.05', '--repeats', '1', '--sizes', '10']
  const { code, stdout, stderr } = await start(t, args).exited
  assert.deepEqual([code, stderr], [0, ''])
  assert.match(stdout, /^sekali .* commit .*\n[\s\S]* raw-append /)
})

test('Ctrl-C ends it, and nothing of it stays', async (t) => {
  const folder = temporaryFolder(t)
  const { child, exited } = start(t, ['growth', '--keys', '1e9', '--window', '1000', '--raw-seconds', '0.01'], {
    TMPDIR: folder,
  })
  // The second row: the server is under load then.
  let printed = ''
  child.stdout.on('data', (chunk) => {
    printed += chunk
    if (!child.killed && /^ +2,000 /m.test(printed)) child.kill('SIGINT')
  })
  const { code, stderr } = await exited
  assert.deepEqual([code, stderr], [130, 'Stopped.\n'])
  assert.deepEqual(readdirSync(folder), [])
})
