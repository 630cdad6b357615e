import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { openPublishInput } from '../../src/cli/publish-input.ts'
import { wireEvent } from '../support/events.ts'
import { closedUrl, startFlakyProxy } from '../support/flaky-proxy.ts'
import { mainPath, runSekali, startSekali } from '../support/process.ts'
import { startTestServer } from '../support/server.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

function writeInput(t: TestContext, content: string | Uint8Array, name = 'events.ndjson'): string {
  const path = join(temporaryFolder(t), name)
  writeFileSync(path, content)
  return path
}

function ndjson(count: number, fields: Parameters<typeof wireEvent>[0] = {}): string {
  return Array.from({ length: count }, () => `${JSON.stringify(wireEvent(fields))}\n`).join('')
}

test('a file of events is published, and published again it is all duplicates', async (t) => {
  const server = await startTestServer(t)
  const path = writeInput(t, ndjson(1234))
  const first = await runSekali(t, ['publish', '--url', server.url, path])
  assert.equal(first.code, 0, first.stderr)
  assert.match(first.stdout, /^sent +1,234 {2}= 1,234 unique \+ 0 duplicates$/m)
  assert.match(first.stdout, /^lines read +1,234$/m)
  assert.equal(first.stderr, '', 'no progress bar where there is no terminal')
  const second = await runSekali(t, ['publish', '--url', server.url, path])
  assert.equal(second.code, 0, 'duplicates are a success')
  assert.match(second.stdout, /^sent +1,234 {2}= 0 unique \+ 1,234 duplicates$/m)
  const stats = await server.getJson('/stats')
  assert.deepEqual([stats.received, stats.unique_processed, stats.conflicts], [2468, 1234, 0])
})

test('events reach the server byte for byte, in requests of at most 500 lines and 1 MiB', async (t) => {
  const server = await startTestServer(t)
  const proxy = await startFlakyProxy(t, server.url, [])
  const odd = ' {"event_id":"odd","topic":"a","timestamp":"2026-01-31","source":"s","payload":{"b":1e400,"a":-0}} \r\n'
  const long = ndjson(3, { payload: { text: 'x'.repeat(600_000) } })
  const content = `${odd}${ndjson(999)}${long}`
  const { code } = await runSekali(t, ['publish', '--url', proxy.url, writeInput(t, content)])
  assert.equal(code, 0)
  assert.equal(Buffer.concat(proxy.bodies).toString(), content)
  assert.equal(proxy.bodies.length, 5)
  assert.equal((await server.getJson('/events/a/odd')).payload['-0'], undefined)
  assert.match(await (await server.get('/events/a/odd')).text(), /\{"b":1e400,"a":-0\}/)
})

test('events are read from standard input, with and without -, and the last line needs no newline', async (t) => {
  const server = await startTestServer(t)
  for (const args of [[], ['-']]) {
    const { code, stdout } = await runSekali(t, ['publish', ...args], {
      env: { SEKALI_URL: server.url },
      stdin: `\n${ndjson(2)}  \n${ndjson(1).trimEnd()}`,
    })
    assert.equal(code, 0)
    assert.match(stdout, /^sent +3 {2}= 3 unique \+ 0 duplicates$/m)
  }
  assert.equal((await server.getJson('/stats')).received, 6)
})

test('--url wins over SEKALI_URL', async (t) => {
  const server = await startTestServer(t)
  const { code } = await runSekali(t, ['publish', '--url', server.url, '-'], {
    env: { SEKALI_URL: await closedUrl() },
    stdin: ndjson(1),
  })
  assert.equal(code, 0)
})

test('conflicts are counted among the duplicates', async (t) => {
  const server = await startTestServer(t)
  const stdin = [1, 2, 3].map((n) => `${JSON.stringify(wireEvent({ event_id: 'same', payload: { n } }))}\n`).join('')
  const { code, stdout } = await runSekali(t, ['publish', '--url', server.url], { stdin })
  assert.equal(code, 0)
  assert.match(stdout, /^sent +3 {2}= 1 unique \+ 2 duplicates$/m)
  assert.match(stdout, /^conflicts +2 /m)
})

test('an invalid line ends it: it is named by its line in the file, and the counts still add up', async (t) => {
  const server = await startTestServer(t)
  const bad = JSON.stringify(wireEvent({ timestamp: 'yesterday' }))
  const path = writeInput(t, `${ndjson(600)}\n\n${ndjson(3)}${bad}\n${ndjson(50)}`)
  const { code, stdout, stderr } = await runSekali(t, ['publish', '--url', server.url, path])
  assert.equal(code, 3, 'a part is stored')
  assert.equal(stderr, `sekali: ${path} line 606: /timestamp must be an ISO 8601 date or date and time\n`)
  assert.match(stdout, /^sent +603 {2}= 603 unique \+ 0 duplicates$/m)
  assert.equal((await server.getJson('/stats')).unique_processed, 603)
  const again = await runSekali(t, ['publish', '--url', server.url, path])
  assert.match(again.stdout, /^sent +603 {2}= 0 unique \+ 603 duplicates$/m)
})

test('a line that is no JSON is named as well', async (t) => {
  const server = await startTestServer(t)
  const { code, stderr } = await runSekali(t, ['publish', '--url', server.url], { stdin: `${ndjson(1)}oops\n` })
  assert.equal(code, 3)
  assert.match(stderr, /^sekali: standard input line 2: .*not JSON/)
})

test('through a network that fails in every way, every event is stored once', async (t) => {
  const server = await startTestServer(t)
  const proxy = await startFlakyProxy(t, server.url, [
    'unavailable',
    'pass',
    'drop before',
    'drop after',
    'pass',
    'drop within',
  ])
  const { code, stdout, stderr } = await runSekali(t, ['publish', '--url', proxy.url, writeInput(t, ndjson(1200))])
  assert.equal(code, 0, stderr)
  assert.equal((await server.getJson('/stats')).unique_processed, 1200)
  assert.match(stdout, /^sent +1,200 {2}= 500 unique \+ 700 duplicates$/m)
  assert.match(stdout, /^retries +4 /m)
})

test('a server that is away is an error, after retries', async (t) => {
  const url = await closedUrl()
  const args = ['publish', '--url', url, '--retry-for', '0']
  const { code, stdout, stderr } = await runSekali(t, args, { stdin: ndjson(2) })
  assert.equal(code, 6)
  assert.match(
    stderr,
    /^sekali: http:.*\/publish: cannot be reached: connect ECONNREFUSED .*\(tried once\)\n {2}Is it running\?.*\n$/,
  )
  assert.match(stdout, /^sent +0 {2}= 0 unique \+ 0 duplicates$/m)
  assert.match(stdout, /^not acknowledged +2 /m)
})

test('what is not a Sekali server is told apart from a refused line', async (t) => {
  const server = await startTestServer(t)
  const args = ['publish', '--url', `${server.url}/elsewhere`]
  const { code, stderr } = await runSekali(t, args, { stdin: ndjson(2) })
  assert.equal(code, 1)
  assert.match(stderr, /elsewhere\/publish: answered 404/)
})

test('Ctrl-C: the batch under way is finished, the rest is not sent, the summary says so', async (t) => {
  const server = await startTestServer(t)
  const proxy = await startFlakyProxy(t, server.url, ['pass', 'hold'])
  const running = startSekali(t, ['publish', '--url', proxy.url, writeInput(t, ndjson(1500))])
  await Promise.race([proxy.held, running.exited])
  const hasNoticed = once(running.child.stderr ?? assert.fail(), 'data')
  running.child.kill('SIGINT')
  // Released earlier, the answer could overtake the signal.
  await Promise.race([hasNoticed, running.exited])
  proxy.release()
  const { code, stdout, stderr } = await running.exited
  assert.equal(code, 130)
  assert.match(stdout, /^sent +1,000 {2}= 1,000 unique \+ 0 duplicates$/m)
  assert.match(stdout, /^Stopped before the end\.$/m)
  assert.match(stderr, /^Stopping once the batch under way is answered; Ctrl-C again ends at once\.$/m)
})

test('Ctrl-C ends the wait for a pipe that gives nothing', async (t) => {
  const server = await startTestServer(t)
  const proxy = await startFlakyProxy(t, server.url, ['hold'])
  const child = spawn(process.execPath, [mainPath, 'publish', '--url', proxy.url], { stdio: 'pipe' })
  t.after(() => child.kill('SIGKILL'))
  const stdout = child.stdout.setEncoding('utf8').toArray()
  child.stdin.write(ndjson(1))
  const exited = once(child, 'close')
  await Promise.race([proxy.held, exited])
  proxy.release()
  child.kill('SIGINT')
  await exited
  assert.equal(child.exitCode, 130)
  assert.match((await stdout).join(''), /^sent +1 {2}= 1 unique/m)
})

test('Ctrl-C does not wait for a server that is away', async (t) => {
  const server = await startTestServer(t)
  const proxy = await startFlakyProxy(
    t,
    server.url,
    Array.from({ length: 1000 }, () => 'unavailable' as const),
  )
  const running = startSekali(t, ['publish', '--url', proxy.url], { stdin: ndjson(5) })
  await Promise.race([proxy.arrived(2), running.exited])
  running.child.kill('SIGINT')
  const { code, stdout } = await running.exited
  assert.equal(code, 130)
  assert.match(stdout, /^not acknowledged +5 /m)
})

test('a reader that does not wait for the summary is no error', async (t) => {
  const server = await startTestServer(t)
  const child = spawn(process.execPath, [mainPath, 'publish', '--url', server.url], { stdio: 'pipe' })
  t.after(() => child.kill('SIGKILL'))
  const stderr = child.stderr.setEncoding('utf8').toArray()
  child.stdout.destroy()
  child.stdin.end(ndjson(1))
  const [code] = await once(child, 'close')
  assert.equal(code, 0)
  assert.deepEqual(await stderr, [])
})

test('standard input that is a file is read as that file', async (t) => {
  const server = await startTestServer(t)
  const path = writeInput(t, 'a\nb\n', 'app.log')
  const args = ['publish', '--url', server.url, '--lines', '--topic', 'logs.app']
  await runSekali(t, [...args, path])
  const fd = openSync(path, 'r')
  t.after(() => closeSync(fd))
  const child = spawn(process.execPath, [mainPath, ...args], { stdio: [fd, 'pipe', 'inherit'] })
  const stdout = (await child.stdout?.setEncoding('utf8').toArray())?.join('')
  assert.match(stdout ?? '', /^sent +2 {2}= 0 unique \+ 2 duplicates$/m)
})

test('mistakes in typing are told, with exit code 2', async (t) => {
  const folder = temporaryFolder(t)
  mkdirSync(join(folder, 'logs'))
  writeFileSync(join(folder, 'app.log'), 'x\n')
  const mistakes: [string[], RegExp][] = [
    [['missing.log'], /missing\.log: there is no such file/],
    [['logs'], /logs is a directory/],
    [['--lines', 'app.log'], /--lines needs --topic/],
    [['--topic', 't', 'app.log'], /--topic is for --lines/],
    [['--source', 's', 'app.log'], /--source is for --lines/],
    [['--lines', '--topic', '', 'app.log'], /--topic must have 1 to 255 characters/],
    [['--lines', '--topic', 't', '--source', 'x'.repeat(256), 'app.log'], /--source must have 1 to 255 characters/],
    [['--url', 'localhost:8080', 'app.log'], /--url must be like http:/],
    [['--url', 'http://me:secret@localhost', 'app.log'], /--url must not hold/],
    [['--retry-for', 'ever', 'app.log'], /--retry-for must be seconds/],
    [['--fast', 'app.log'], /unknown option/],
    [['app.log', 'other.log'], /too many arguments/],
  ]
  const exits = await Promise.all(mistakes.map(([args]) => runSekali(t, ['publish', ...args], { cwd: folder })))
  for (const [index, [args, message]] of mistakes.entries()) {
    assert.match(exits[index]?.stderr ?? '', message)
    assert.equal(exits[index]?.code, 2, args.join(' '))
    assert.equal(exits[index]?.stdout, '')
  }
})

test('a wrong SEKALI_URL is told by its name', async (t) => {
  const { code, stderr } = await runSekali(t, ['publish', '-'], { env: { SEKALI_URL: 'nowhere' } })
  assert.equal(code, 2)
  assert.match(stderr, /SEKALI_URL must be like/)
})

test('without FILE, a terminal is not read', (t) => {
  const before = Object.getOwnPropertyDescriptor(process.stdin, 'isTTY')
  Object.defineProperty(process.stdin, 'isTTY', { value: true, configurable: true })
  t.after(() => Object.defineProperty(process.stdin, 'isTTY', before ?? { value: undefined, configurable: true }))
  assert.throws(() => openPublishInput(undefined), /FILE is missing/)
})

test('the help has examples and says what a pipe is', async (t) => {
  const { code, stdout } = await runSekali(t, ['publish', '--help'])
  assert.equal(code, 0)
  assert.match(stdout, /Examples:\n {2}sekali publish events\.ndjson/)
  assert.match(stdout, /A pipe has no identity/)
  for (const line of stdout.split('\n')) assert.ok(line.length <= 80, line)
})
