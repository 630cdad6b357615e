import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { findDemoLog } from '../../src/cli/demo-log.ts'
import { faultsOf, type Story, verdictText } from '../../src/cli/demo-report.ts'
import { waitUntilReady } from '../../src/cli/demo-server.ts'
import { closedUrl } from '../support/flaky-proxy.ts'
import { runSekali, startSekali } from '../support/process.ts'
import { startTestServer } from '../support/server.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

/** The numbers of the table rows with this name. */
function numbersOf(stdout: string, name: string): number[] {
  const row = stdout.split('\n').find((line) => line.trim().startsWith(name)) ?? ''
  const numbers =
    row
      .trim()
      .slice(name.length)
      .match(/[\d,]+/g) ?? []
  return numbers.map((text) => Number(text.replaceAll(',', '')))
}

function assertTrueStory(stdout: string): void {
  const [sent = 0, unique = 0, duplicates = 0, conflicts = 0] = numbersOf(stdout, 'acks, all together')
  assert.ok(unique > 0 && duplicates > 0 && conflicts > 0, stdout)
  assert.equal(sent, unique + duplicates)
  assert.deepEqual(numbersOf(stdout, 'server, received'), [sent, unique, duplicates, conflicts])
  const publishers = ['shop-1', 'shop-2', 'shop-3', 'faulty'].map((name) => numbersOf(stdout, name))
  assert.deepEqual(
    [0, 1, 2, 3].map((column) => publishers.reduce((sum, row) => sum + (row[column] ?? 0), 0)),
    [sent, unique, duplicates, conflicts],
  )
  const [lines = 0] = numbersOf(stdout, 'first time')
  assert.ok(lines > 0)
  assert.deepEqual(numbersOf(stdout, 'first time'), [lines, lines, 0, 0])
  assert.deepEqual(numbersOf(stdout, 'second time'), [lines, 0, lines, 0])
  assert.match(stdout, /^Every number adds up/m)
  for (const line of stdout.split('\n')) assert.ok(line.length <= 80, line)
}

test('the demo tells a story that adds up, and leaves nothing behind', async (t) => {
  const folder = temporaryFolder(t)
  const { code, stdout, stderr } = await runSekali(t, ['demo', '--seconds', '1'], { env: { TMPDIR: folder } })
  assert.equal(code, 0, stderr)
  assert.equal(stderr, '')
  assertTrueStory(stdout)
  assert.match(stdout, /npx sekali serve/)
  assert.deepEqual(readdirSync(folder), [])
})

test('the demo against a running server adds up too, the second time as well', async (t) => {
  const server = await startTestServer(t)
  for (const run of [1, 2]) {
    const { code, stdout, stderr } = await runSekali(t, ['demo', '--seconds', '1', '--url', server.url])
    assert.equal(code, 0, `run ${run}: ${stderr}`)
    assertTrueStory(stdout)
    assert.ok(stdout.includes(`curl '${server.url}/duplicates?conflict=true&limit=1'`))
  }
  const { received, unique_processed, duplicate_dropped } = await server.getJson('/stats')
  assert.equal(received, unique_processed + duplicate_dropped)
  assert.ok((await server.getJson('/duplicates?conflict=true&limit=1')).total === 1)
})

test('the demo waits until the server is ready', async (t) => {
  const server = await startTestServer(t)
  let waits = 0
  let answersWith = 503
  t.mock.method(globalThis, 'fetch', async (input: string | URL) => {
    assert.equal(String(input), `${server.url}/readyz`)
    return new Response('', { status: answersWith })
  })
  const sleep = async () => {
    if (++waits === 3) answersWith = 200
  }
  await waitUntilReady(server.url, new AbortController().signal, { sleep })
  assert.equal(waits, 3)
})

test('the demo waits a minute for a server, and says why it gave up', async () => {
  let waitedMs = 0
  const sleep = async (ms: number) => {
    waitedMs += ms
  }
  const url = await closedUrl()
  await assert.rejects(waitUntilReady(url, new AbortController().signal, { sleep }), /not ready within 60 s.*REFUSED/)
  assert.ok(waitedMs >= 60_000)
})

test('Ctrl-C ends the demo, and leaves nothing behind', async (t) => {
  const folder = temporaryFolder(t)
  const running = startSekali(t, ['demo', '--seconds', '600'], { env: { TMPDIR: folder } })
  const shown = new Promise<void>((resolve) => {
    running.child.stdout?.on('data', () => running.output.stdout.includes(' 1 s ') && resolve())
  })
  await Promise.race([shown, running.exited])
  running.child.kill('SIGINT')
  const { code, stdout, stderr } = await running.exited
  assert.equal(code, 130, stderr)
  assert.match(stdout, /Stopped\.\n$/)
  assert.deepEqual(readdirSync(folder), [])
})

test('a reader that leaves ends the demo, quietly', async (t) => {
  const folder = temporaryFolder(t)
  const running = startSekali(t, ['demo', '--seconds', '600'], { env: { TMPDIR: folder } })
  running.child.stdout?.once('data', () => running.child.stdout?.destroy())
  const { code, stderr } = await running.exited
  assert.equal(code, 0)
  assert.equal(stderr, '')
  assert.deepEqual(readdirSync(folder), [])
})

test('mistakes in typing are told, with exit code 2', async (t) => {
  for (const [args, message] of [
    [['--seconds', '0'], /--seconds must be a whole number/],
    [['--url', 'nowhere'], /--url must be like/],
  ] as const) {
    const { code, stderr } = await runSekali(t, ['demo', ...args])
    assert.equal(code, 2)
    assert.match(stderr, message)
  }
})

test('the help has examples', async (t) => {
  const { code, stdout } = await runSekali(t, ['demo', '--help'])
  assert.equal(code, 0)
  assert.match(stdout, /Examples:\n {2}sekali demo\n/)
})

test('the first log that can be read and has a line is shipped, else one that the demo wrote', (t) => {
  const folder = temporaryFolder(t)
  mkdirSync(join(folder, 'folder.log'))
  writeFileSync(join(folder, 'empty.log'), '')
  writeFileSync(join(folder, 'unfinished.log'), 'no newline')
  const useless = ['missing.log', 'folder.log', 'empty.log', 'unfinished.log'].map((name) => join(folder, name))
  const written = findDemoLog(useless, folder)
  assert.equal(written.isReal, false)
  assert.ok(existsSync(written.path) && written.bytes > 0)
  writeFileSync(join(folder, 'good.log'), 'line\n')
  const found = findDemoLog([...useless, join(folder, 'good.log')], folder)
  assert.deepEqual(found, { path: join(folder, 'good.log'), bytes: 5, isReal: true })
})

const trueStory: Story = {
  publishers: [{ name: 'shop-1', sent: 10, unique: 6, duplicates: 4, conflicts: 1 }],
  distinct: 6,
  firstPass: { name: 'first time', sent: 5, unique: 5, duplicates: 0, conflicts: 0 },
  secondPass: { name: 'second time', sent: 5, unique: 0, duplicates: 5, conflicts: 0 },
  server: { received: 20, unique: 11, duplicates: 9, conflicts: 1 },
  retries: 0,
}

test('numbers that add up have no fault', () => assert.deepEqual(faultsOf(trueStory), []))

for (const [what, change] of [
  ['a publisher whose ack does not add up', { publishers: [{ ...trueStory.publishers[0], unique: 5 }] }],
  ['an event stored twice', { server: { ...trueStory.server, unique: 12 } }],
  ['an event lost', { server: { ...trueStory.server, unique: 10 } }],
  ['a line stored again', { secondPass: { ...trueStory.secondPass, unique: 1, duplicates: 4 } }],
  ['an event that the server did not count', { server: { ...trueStory.server, received: 19 } }],
  ['a duplicate that the server did not count', { server: { ...trueStory.server, duplicates: 8 } }],
  ['a conflict that the server did not count', { server: { ...trueStory.server, conflicts: 0 } }],
] as const) {
  test(`${what} is a fault`, () => {
    const story = { ...trueStory, ...change } as Story
    assert.ok(faultsOf(story).length > 0)
    assert.match(verdictText(story), /do NOT add up/)
  })
}

test('after a retry the server may have received more than was acknowledged, and stored no more', () => {
  const story = { ...trueStory, retries: 1, server: { ...trueStory.server, received: 30, duplicates: 19 } }
  assert.deepEqual(faultsOf(story), [])
  assert.match(verdictText(story), /1 request had to be sent again/)
  assert.equal(faultsOf({ ...story, server: { ...story.server, unique: 12 } }).length, 1)
})
