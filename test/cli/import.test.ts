import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { publishable } from '../../src/cli/transfer/publishable.ts'
import { wireEvent } from '../support/events.ts'
import { startFaultyNetwork } from '../support/faulty-network.ts'
import { closedUrl, startFlakyProxy } from '../support/flaky-proxy.ts'
import { oddLines, storeLines } from '../support/many-events.ts'
import { mainPath, runSekali, startSekali } from '../support/process.ts'
import { startTestServer } from '../support/server.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const text = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join('')

function writeInput(t: TestContext, content: string): string {
  const path = join(temporaryFolder(t), 'events.ndjson')
  writeFileSync(path, content)
  return path
}

test('an export comes through a pipe into another server, and again it changes nothing', async (t) => {
  const [from, into] = await Promise.all([startTestServer(t), startTestServer(t)])
  await storeLines(from, oddLines(1100))
  const exported = await runSekali(t, ['export', '--url', from.url])
  const first = await runSekali(t, ['import', '--url', into.url], { stdin: exported.stdout })
  assert.equal(first.code, 0, first.stderr)
  assert.match(first.stdout, /^sent +1,100 {2}= 1,100 unique \+ 0 duplicates$/m)
  const again = await runSekali(t, ['import', '--url', into.url, '--json'], { stdin: exported.stdout })
  assert.equal(again.code, 0, 'duplicates are a success')
  const { unique, duplicates, conflicts } = JSON.parse(again.stdout)
  assert.deepEqual({ unique, duplicates, conflicts }, { unique: 0, duplicates: 1100, conflicts: 0 })
  const copied = await runSekali(t, ['export', '--url', into.url])
  assert.equal(copied.stdout, exported.stdout)
})

test('events as the server gives them are taken: what it gave them is left out, payloads stay', async (t) => {
  const server = await startTestServer(t)
  const payload = '{"seq":5,"processed_at":"x","a":["]}\\"",{"b":1e400}],"id":12345678901234567890}'
  const envelope = (id: string) => `"topic":"odd","event_id":"${id}","timestamp":"2026-01-31","source":"s"`
  const lines = [
    `{${envelope('stored')},"payload":${payload},"seq":17,"processed_at":"2026-01-31T09:30:00.000Z"}`,
    ` { "seq" : 18 , "payload" : ${payload} ,\t${envelope('moved')} }\r`,
    `{${envelope('new')},"payload":${payload}}`,
  ]
  const { code, stderr } = await runSekali(t, ['import', '--url', server.url], { stdin: text(lines) })
  assert.equal(code, 0, stderr)
  for (const [index, id] of ['stored', 'moved', 'new'].entries()) {
    const event = await (await server.get(`/events/odd/${id}`)).text()
    assert.ok(event.includes(`"payload":${payload},"seq":${index + 1},`), event)
  }
})

test('only members of the event itself are left out, and what is no object stays as it is', () => {
  const of = (line: string) => publishable(Buffer.from(line)).toString()
  assert.equal(of('{"seq":1,"a":2}'), '{"a":2}')
  assert.equal(
    of('{"a":{"seq":1},"b":["\\"seq\\":",-0] , "seq":[1,{"x":"}"}],"c":"\\\\"}'),
    '{"a":{"seq":1},"b":["\\"seq\\":",-0],"c":"\\\\"}',
  )
  assert.equal(of('{"seq":1}'), '{}')
  assert.equal(of('{"processed_at":null,"seq":true }'), '{}')
  const left = [
    '',
    'oops "seq"',
    '["seq"]',
    '{"seq"}',
    '{"seq":1',
    '{"seq":1}}',
    '{"seq":1,}',
    '{"seq":1} x',
    '{,"seq":1}',
  ]
  for (const line of [...left, '{"seq":"', '{"a":"\\', '{"sequence":1,"a":"\\"seq\\""}']) assert.equal(of(line), line)
})

test('without --skip-invalid a refused line ends it; with it, it is named and left out', async (t) => {
  const server = await startTestServer(t)
  const bad = JSON.stringify(wireEvent({ timestamp: 'yesterday', payload: { text: `\u001b[31m${'日'.repeat(200)}` } }))
  const lines = oddLines(1200)
  lines.splice(600, 0, bad, 'oops', '')
  lines.push('[1]')
  const path = writeInput(t, text(lines))
  const strict = await runSekali(t, ['import', '--url', server.url, path])
  assert.equal(strict.code, 3)
  assert.equal(strict.stderr, `sekali: ${path} line 601: /timestamp must be an ISO 8601 date or date and time\n`)
  assert.match(strict.stdout, /^sent +600 {2}= 600 unique \+ 0 duplicates$/m)
  const { code, stdout, stderr } = await runSekali(t, ['import', '--skip-invalid', '--url', server.url, path])
  assert.equal(code, 3)
  assert.match(stdout, /^sent +1,200 {2}= 600 unique \+ 600 duplicates$/m)
  assert.match(stdout, /^refused +3 /m)
  assert.match(stdout, /^lines read +1,204$/m)
  const reports = stderr.trimEnd().split('\n')
  assert.equal(reports.length, 6)
  assert.match(reports[0] ?? '', /line 601: \/timestamp must be/)
  assert.match(reports[1] ?? '', /^ {2}\{"topic":"logs\.test".*…$/, 'the beginning of the line, cut')
  assert.match(reports[2] ?? '', /line 602: .*not JSON/)
  assert.equal(reports[3], '  oops')
  assert.match(reports[4] ?? '', /line 1204: the event must be an object/)
  assert.equal((await server.getJson('/stats')).unique_processed, 1200)
})

test('an event that is larger than the server takes is left out; where nothing is stored it is 1', async (t) => {
  const server = await startTestServer(t, { bodyLimitBytes: 2 * 1024 * 1024 })
  const large = JSON.stringify(wireEvent({ payload: { text: 'x'.repeat(3 * 1024 * 1024) } }))
  const args = ['import', '--skip-invalid', '--url', server.url]
  const [some, none] = await Promise.all([
    runSekali(t, args, { stdin: text([JSON.stringify(wireEvent()), large, JSON.stringify(wireEvent())]) }),
    runSekali(t, args, { stdin: text(['oops', '{}']) }),
  ])
  assert.equal(some?.code, 3, some?.stderr)
  assert.match(some?.stderr ?? '', /standard input line 2: .*larger|standard input line 2: .*limit/)
  assert.match(some?.stdout ?? '', /^sent +2 /m)
  assert.equal(none?.code, 1)
})

test('through a network that fails in every way, 20,000 events are stored once each', async (t) => {
  const server = await startTestServer(t)
  const lines = oddLines(20_000, 10)
  const fates = [
    'reset',
    'pass',
    'cut before the answer',
    'pass',
    'cut within the request',
    'cut within the answer',
  ] as const
  let requests = 0
  await using network = await startFaultyNetwork(server.url, () => fates[requests++ % fates.length] ?? 'pass')
  const { code, stdout, stderr } = await runSekali(t, ['import', '--url', network.url, writeInput(t, text(lines))])
  assert.equal(code, 0, stderr)
  assert.match(stdout, /^sent +20,000 /m)
  const { unique_processed, conflicts } = await server.getJson('/stats')
  assert.deepEqual({ unique_processed, conflicts }, { unique_processed: 20_000, conflicts: 0 })
})

test('a server that refuses all is no reason to go on: 4 for the token, 6 when it is away, 1 for another server', async (t) => {
  const other = spawn(process.execPath, ['-e', deafServer], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.after(() => other.kill())
  const [chunk] = await once(other.stdout, 'data')
  const unauthorized = String(chunk).trim()
  const stdin = text(oddLines(3))
  const exits = await Promise.all([
    runSekali(t, ['import', '--skip-invalid', '--url', unauthorized], { stdin }),
    runSekali(t, ['import', '--skip-invalid', '--retry-for', '0', '--url', await closedUrl()], { stdin }),
    runSekali(t, ['import', '/nowhere/x'], { stdin }),
    runSekali(t, ['import', '--retry-for', 'x'], { stdin }),
  ])
  assert.deepEqual(
    exits.map(({ code }) => code),
    [4, 6, 2, 2],
  )
})

const deafServer = `
  require('node:http')
    .createServer((request, response) => request.resume().on('end', () => response.writeHead(401).end()))
    .listen(0, '127.0.0.1', function () { console.log('http://127.0.0.1:' + this.address().port) })`

test('Ctrl-C among lines that are refused: the request under way is finished, the rest is not sent', async (t) => {
  const server = await startTestServer(t)
  const proxy = await startFlakyProxy(t, server.url, ['pass', 'hold'])
  const lines = oddLines(10)
  lines.splice(5, 0, 'oops')
  const running = startSekali(t, ['import', '--skip-invalid', '--url', proxy.url], { stdin: text(lines) })
  await Promise.race([proxy.held, running.exited])
  running.child.kill('SIGINT')
  while (!running.output.stderr.includes('Stopping')) await once(running.child.stderr ?? assert.fail(), 'data')
  proxy.release()
  const { code, stdout } = await running.exited
  assert.equal(code, 130)
  assert.match(stdout, /^sent +10 /m)
  assert.match(stdout, /^Stopped before the end\.$/m)
})

test('a reader that does not wait for the counts is no error', async (t) => {
  const server = await startTestServer(t)
  const child = spawn(process.execPath, [mainPath, 'import', '--url', server.url], { stdio: 'pipe' })
  t.after(() => child.kill('SIGKILL'))
  const stderr = child.stderr.setEncoding('utf8').toArray()
  child.stdout.destroy()
  child.stdin.end(text(oddLines(2)))
  const [code] = await once(child, 'close')
  assert.equal(code, 0)
  assert.deepEqual(await stderr, [])
})
