import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { wireEvent } from '../support/events.ts'
import { closedUrl } from '../support/flaky-proxy.ts'
import { oddLines, storeLines } from '../support/many-events.ts'
import { mainPath, runSekali, startSekali } from '../support/process.ts'
import { startRequestProxy } from '../support/request-proxy.ts'
import { startTestServer } from '../support/server.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const text = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join('')

test('everything comes as it was published, byte for byte, in commit order, up to where the log was', async (t) => {
  const server = await startTestServer(t)
  const lines = oddLines(2500)
  await storeLines(server, lines)
  let pages = 0
  const url = await startRequestProxy(t, server.url, async (request) => {
    // What comes meanwhile is not of this export: otherwise it would have no end.
    if (request.startsWith('GET /events') && pages++ < 3) await server.publish(wireEvent())
  })
  const { code, stdout, stderr } = await runSekali(t, ['export', '--url', url])
  assert.equal(code, 0, stderr)
  assert.equal(stdout, text(lines))
  assert.match(stderr, /^2,500 events up to seq 2500 in [\d.]+ s\.\n$/)
  assert.equal(pages, 3)
})

test('topics, patterns, times and a seq choose; a line break in a payload is a space, and is said', async (t) => {
  const server = await startTestServer(t)
  const lines = oddLines(1200)
  await storeLines(server, lines)
  const broken = '{"topic":"nl","event_id":"1","timestamp":"2026-03-01","source":"s","payload":{"a":1,\r\n"b":"\\n"}}'
  await server.post('/publish', broken)
  const of = (args: readonly string[]) => runSekali(t, ['export', '--url', server.url, ...args])
  const [one, several, timed, later, nl, none, recent] = await Promise.all([
    of(['logs.db']),
    of(['logs.*', 'orders.new', '--to', '2026-02-01']),
    of(['--from', '2026-01-31T09:07:00Z', '--to', '2026-01-31T09:08:00Z']),
    of(['--after', '1199']),
    of(['nl']),
    of(['nothing.here']),
    of(['--from', '15m']),
  ])
  assert.equal(one?.stdout, text(lines.filter((line) => line.includes('"logs.db"'))))
  assert.equal(several?.stdout, text(lines))
  assert.equal(timed?.stdout, text(lines.filter((line) => line.includes('T09:07:00Z'))))
  assert.equal(later?.stdout.split('\n').length, 3)
  assert.equal(later?.stdout.split('\n')[0], lines[1199])
  assert.equal(
    nl?.stdout,
    '{"topic":"nl","event_id":"1","timestamp":"2026-03-01","source":"s","payload":{"a":1,  "b":"\\n"}}\n',
  )
  assert.match(nl?.stderr ?? '', /^1 payload had line breaks, which are spaces now\.$/m)
  for (const exit of [none, recent]) assert.deepEqual([exit?.code, exit?.stdout], [0, ''])
})

test('a reader that leaves ends it quietly', async (t) => {
  const server = await startTestServer(t)
  await storeLines(server, oddLines(3000))
  const child = spawn(process.execPath, [mainPath, 'export', '--url', server.url], { stdio: 'pipe' })
  t.after(() => child.kill('SIGKILL'))
  const stderr = child.stderr.setEncoding('utf8').toArray()
  await once(child.stdout, 'data')
  child.stdout.destroy()
  const [code] = await once(child, 'close')
  assert.equal(code, 0)
  assert.deepEqual(await stderr, [])
})

test('mistakes in typing are told with 2, a server that is away with 6', async (t) => {
  const folder = temporaryFolder(t)
  writeFileSync(join(folder, 'mine.part'), 'mine')
  const url = await closedUrl()
  const mistakes: [string[], RegExp, number][] = [
    [['a.>.b'], /TOPIC "a\.>\.b" must have > as its last part/, 2],
    [['--from', 'yesterday'], /--from must be an ISO 8601/, 2],
    [['--from', '2h', '--out', 'a'], /with --out, --from must be a time: \d{4}-/, 2],
    [['--after', 'x'], /--after must be a whole number/, 2],
    [['--retry-for', 'ever'], /--retry-for must be seconds/, 2],
    [['--out', 'nowhere/x'], /nowhere\/x: there is no such folder/, 2],
    [['--out', 'mine'], /mine\.part is there, and was not left by an export/, 2],
    [['--retry-for', '0'], /cannot be reached: .*\(tried once\)/, 6],
  ]
  const exits = await Promise.all(
    mistakes.map(([args]) => runSekali(t, ['export', '--url', url, ...args], { cwd: folder })),
  )
  for (const [index, [args, message, code]] of mistakes.entries()) {
    assert.match(exits[index]?.stderr ?? '', message)
    assert.equal(exits[index]?.code, code, args.join(' '))
    assert.equal(exits[index]?.stdout, '')
  }
  assert.equal(readFileSync(join(folder, 'mine.part'), 'utf8'), 'mine')
})

test('Ctrl-C in a pipe: what was printed is whole, and the command says where to go on', async (t) => {
  const server = await startTestServer(t)
  const lines = oddLines(3000)
  await storeLines(server, lines)
  let pages = 0
  const url = await startRequestProxy(t, server.url, async (request) => {
    if (request.includes('limit=1000') && ++pages === 2) await new Promise(() => {})
  })
  const running = startSekali(t, ['export', '--url', url, '--after', '500'])
  while (!running.output.stdout.includes('"e1499"')) await once(running.child.stdout ?? assert.fail(), 'data')
  running.child.kill('SIGINT')
  const { code, stdout, stderr } = await running.exited
  assert.equal(code, 130)
  assert.equal(stdout, text(lines.slice(500, 1500)))
  assert.match(stderr, /^ {2}sekali export --url \S+ --after 1500$/m)
})

test('Ctrl-C does not wait for a server that is away', async (t) => {
  const url = await closedUrl()
  const out = join(temporaryFolder(t), 'all.ndjson')
  const asked = Promise.withResolvers<void>()
  const silent = await startRequestProxy(t, url, async () => {
    asked.resolve()
    await new Promise(() => {})
  })
  const running = startSekali(t, ['export', '--url', silent, '--out', out])
  await Promise.race([asked.promise, running.exited])
  running.child.kill('SIGINT')
  const { code, stderr } = await running.exited
  assert.equal(code, 130)
  assert.match(stderr, /^Stopped after 0 events\. Go on with:\n {2}sekali export --url/)
  assert.deepEqual(readdirSync(join(out, '..')), [])
})
