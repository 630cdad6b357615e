/** `sekali stats`: the counters, once and over and over. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { startAnsweringServer } from '../support/answering-server.ts'
import { wireEvent } from '../support/events.ts'
import { closedUrl } from '../support/flaky-proxy.ts'
import { mainPath, runSekali, startSekali } from '../support/process.ts'
import { startTestServer } from '../support/server.ts'

const odd = wireEvent({ topic: '日本\u001b[31m' })
const event = wireEvent({ event_id: 'one' })

test('the counters are shown with their sum, and as the server sent them', async (t) => {
  const server = await startTestServer(t)
  await server.publish(odd, event, event, { ...event, payload: { other: true } })
  const env = { SEKALI_URL: server.url }
  const [people, json] = await Promise.all([
    runSekali(t, ['stats'], { env }),
    runSekali(t, ['stats', '--json'], { env }),
  ])
  assert.equal(people.code, 0, people.stderr)
  assert.match(people.stdout, /^received {7}4 {2}= unique \+ duplicates$/m)
  assert.match(people.stdout, /^unique {9}2$/m)
  assert.match(people.stdout, /^duplicates {5}2 {2}50\.0 % of received$/m)
  assert.match(people.stdout, /^conflicts {6}1 {2}.*sekali dups --conflicts$/m)
  assert.match(people.stdout, /^store {10}memory, .*last seq 2$/m)
  assert.equal(json.stdout.match(/\n/g)?.length, 1, 'one line')
  const stats = JSON.parse(json.stdout)
  assert.deepEqual([stats.received, stats.conflicts, stats.topics], [4, 1, ['logs.test', '日本\u001b[31m']])
})

test('counters that do not add up, and what is no Sekali server, end with 1', async (t) => {
  const server = await startTestServer(t)
  const stats = await server.getJson('/stats')
  let text = JSON.stringify({ ...stats, received: 5 })
  const url = await startAnsweringServer(t, (_, response) => response.end(text))
  const wrong = await runSekali(t, ['stats', '--url', url])
  assert.equal(wrong.code, 1)
  assert.match(wrong.stdout, /^received {7}5 {2}is not unique \+ duplicates \(0\)/m)
  for (text of ['{"status":"ok"}', '<html>']) {
    const other = await runSekali(t, ['stats', '--url', url])
    assert.deepEqual([other.code, other.stdout], [1, ''])
    assert.match(other.stderr, /not that of a Sekali server/)
  }
})

test('wrong options, a server that is away', async (t) => {
  const mistakes = [
    [['--max', '3'], /--max is for --watch/],
    [['--watch', '0.01'], /--watch must be at least 0\.1 seconds/],
    [['--watch', 'often'], /--watch must be seconds/],
    [['--wach'], /Did you mean --watch\?/],
  ] as const
  const exits = await Promise.all(mistakes.map(([args]) => runSekali(t, ['stats', ...args])))
  for (const [index, { code, stderr }] of exits.entries()) {
    assert.equal(code, 2)
    assert.match(stderr, mistakes[index]?.[1] ?? /never/)
  }
  const away = await runSekali(t, ['stats', '--watch', '--url', await closedUrl()])
  assert.deepEqual([away.code, away.stdout], [6, ''])
})

test('watched in a pipe, there is a line a reading, and it ends after as many as were asked for', async (t) => {
  const server = await startTestServer(t)
  await server.publish(event)
  const args = ['stats', '--url', server.url, '--watch', '0.1', '--max', '3']
  const [people, json] = await Promise.all([runSekali(t, args), runSekali(t, [...args, '--json'])])
  assert.equal(people.code, 0, people.stderr)
  const [head, ...lines] = people.stdout.trimEnd().split('\n')
  assert.match(head ?? '', /^TIME +RECEIVED +UNIQUE +DUPLICATES +CONFLICTS +UNIQUE\/S +DUP\/S +QUEUE$/)
  assert.equal(lines.length, 3)
  assert.match(lines[2] ?? '', /^\S+Z +1 +1 +0 +0 +0\/s +0\/s +0$/)
  assert.deepEqual(
    json.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).received),
    [1, 1, 1],
  )
})

test('a server that goes away while it is watched is said, and so is its return; Ctrl-C ends with 130', async (t) => {
  const server = await startTestServer(t)
  let isAway = false
  const url = await startAnsweringServer(t, async (request, response) => {
    if (isAway) request.socket.destroy()
    else response.end(await (await server.get(request.url ?? '')).text())
  })
  const { child, output, exited } = startSekali(t, ['stats', '--url', url, '--watch', '0.1', '--json'])
  const seen = async (stream: 'stdout' | 'stderr', text: RegExp) => {
    while (!text.test(output[stream]) && child.exitCode === null && child[stream] !== null) {
      await once(child[stream], 'data')
    }
    assert.match(output[stream], text)
  }
  await seen('stdout', /received/)
  isAway = true
  await seen('stderr', /cannot be reached.*; trying again\n/)
  isAway = false
  await seen('stderr', /The server is back after /)
  assert.equal(output.stderr.match(/trying again/g)?.length, 1, 'said once')
  child.kill('SIGINT')
  assert.equal((await exited).code, 130)
})

test('a reader that leaves ends it quietly', async (t) => {
  const server = await startTestServer(t)
  const command = 'set -o pipefail; "$0" "$1" stats --watch 0.1 --url "$2" | head -n 2 >&2; echo $?'
  const run = promisify(execFile)('bash', ['-c', command, process.execPath, mainPath, server.url])
  const { stdout, stderr } = await run
  assert.equal(stdout, '0\n')
  assert.equal(stderr.trimEnd().split('\n').length, 2)
})

test('in a terminal the reading is painted over the one before', async (t) => {
  const server = await startTestServer(t)
  const command = `stty cols 40 rows 10; ${process.execPath} ${mainPath} stats --watch 0.1 --max 2 --url ${server.url}`
  const { stdout } = await promisify(execFile)('script', ['-qec', command, '/dev/null'])
  const [first, second, ...others] = stdout.split('\u001b[9A')
  assert.equal(others.length, 0)
  for (const frame of [first, second]) assert.equal(frame?.match(/\n/g)?.length, 9, 'one less than the terminal has')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it looks for.
  const lines = (second ?? '').replaceAll(/\u001b\[[JK]|\r/g, '').split('\n')
  assert.equal(lines[0], 'received       0  = unique + duplicates')
  for (const line of lines) assert.ok(line.length <= 40, line)
})
