/** `sekali tail`, `events`, `get` and `topics`: real processes, a real server, and odd events. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { indentJson } from '../../src/cli/read/event-text.ts'
import { parseMoment } from '../../src/cli/read/moment.ts'
import { startAnsweringServer } from '../support/answering-server.ts'
import { wireEvent } from '../support/events.ts'
import { closedUrl } from '../support/flaky-proxy.ts'
import { mainPath, type RunningProcess, runSekali, startSekali, startServerProcess } from '../support/process.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const odd = '{"id":12345678901234567890,\n"n":[1e400,-0, {} ,[]],"t":"日本 \u009b31m \\" }"}'
const oddOnOneLine = odd.replace('\n', ' ')

/** Three events: two of orders.paid, the second one odd, and one of logs.app. */
async function startFilled(t: TestContext): Promise<TestServer> {
  const server = await startTestServer(t)
  await server.publish(wireEvent({ topic: 'orders.paid', event_id: 'o-1', timestamp: '2026-01-31T09:00:00Z' }))
  const event = `{"topic":"orders.paid","event_id":"a/b é","timestamp":"2026-01-31T09:00:01Z","source":"shop","payload":${odd}}`
  assert.equal((await server.post('/publish', event)).status, 202)
  await server.publish(wireEvent({ topic: 'logs.app', event_id: 'l-1', timestamp: '2026-01-31T08:00:00Z' }))
  return server
}

function lines(text: string): string[] {
  return text.split('\n').slice(0, -1)
}

/** Resolves when standard output has so many lines. */
async function printed({ child, output }: RunningProcess, count: number): Promise<void> {
  while (lines(output.stdout).length < count) {
    await new Promise((resolve) => child.stdout?.once('data', resolve))
  }
}

test('events are listed for people and for programs, the newest first, and gone on with by their cursor', async (t) => {
  const server = await startFilled(t)
  const env = { SEKALI_URL: server.url }
  const table = await runSekali(t, ['events'], { env })
  assert.equal(table.code, 0, table.stderr)
  assert.equal(table.stderr, '')
  const [head, first, ...rest] = lines(table.stdout)
  assert.match(head ?? '', /^TIMESTAMP +TOPIC +EVENT ID +SOURCE +PAYLOAD$/)
  assert.equal(first?.slice(head?.indexOf('PAYLOAD')), odd.replace('\n', '\\u000a').replace('\u009b', '\\u009b'))
  assert.equal(rest.length, 2)
  const json = await runSekali(t, ['events', '--json', '--limit', '1'], { env })
  assert(json.stdout.includes(`"payload":${oddOnOneLine},"seq":2,`), json.stdout)
  const [, cursor = ''] = /^More: sekali events --limit 1 --json --cursor (\S+)\n$/.exec(json.stderr) ?? []
  const next = await runSekali(t, ['events', '--all', '--json', '--cursor', cursor], { env })
  assert.deepEqual(
    lines(next.stdout).map((line) => JSON.parse(line).event_id),
    ['o-1', 'l-1'],
  )
  assert.equal(next.stderr, '')
})

test('what is asked for is chosen by topic, source, time and text', async (t) => {
  const server = await startFilled(t)
  const ids = async (...args: string[]) => {
    const { code, stdout } = await runSekali(t, ['events', '--json', '--url', server.url, ...args])
    assert.equal(code, 0)
    return lines(stdout).map((line) => JSON.parse(line).event_id)
  }
  assert.deepEqual(await ids('--topic', 'orders.paid', '--order', 'asc'), ['o-1', 'a/b é'])
  assert.deepEqual(await ids('--source', 'shop', '-q', 'E400'), ['a/b é'])
  assert.deepEqual(await ids('--from', '2026-01-31T08:30:00Z', '--to', '2026-01-31T09:00:01Z'), ['o-1'])
  assert.deepEqual(await ids('--from', '15m'), [])
  assert.equal(parseMoment('--from', '2h', Date.parse('2026-01-31T09:30:00Z')), '2026-01-31T07:30:00.000Z')
})

test('an event is shown with its payload indented, as a line, or as its payload alone; what is not stored ends with 5', async (t) => {
  const server = await startFilled(t)
  const get = (...args: string[]) => runSekali(t, ['get', '--url', server.url, 'orders.paid', ...args])
  const shown = await get('a/b é')
  assert.equal(shown.code, 0, shown.stderr)
  assert.match(shown.stdout, /^topic +orders\.paid\nevent_id +a\/b é\n/)
  assert.match(
    shown.stdout,
    /\n {2}"id": 12345678901234567890,\n {2}"n": \[\n {4}1e400,\n {4}-0,\n {4}\{\},\n {4}\[\]\n {2}\],\n {2}"t": "日本 \\u009b31m \\" \}"\n\}\n$/,
  )
  assert.equal((await get('a/b é', '--payload')).stdout, `${odd}\n`)
  assert.equal(JSON.parse((await get('o-1', '--json')).stdout).seq, 1)
  const absent = await get('o-3')
  assert.deepEqual([absent.code, absent.stdout], [5, ''])
  assert.match(absent.stderr, /^sekali: .*answered 404 /)
  const impossible = await get('..')
  assert.equal(impossible.code, 2)
})

test('indented JSON means the same, whatever it is', () => {
  for (const json of [
    '{}',
    '[[],{ }]',
    '{"a":{"b":[1,"}",{"c":null}]},"a":"\\\\"}',
    ' { "x" : [ ] , "y" : -0.0e-1 } ',
  ]) {
    assert.deepEqual(JSON.parse(indentJson(json)), JSON.parse(json))
    assert.equal(indentJson(json).replaceAll(/\s/g, ''), json.replaceAll(/\s/g, ''))
  }
})

test('topics are listed by name, or the largest first', async (t) => {
  const server = await startFilled(t)
  const table = await runSekali(t, ['topics', '--url', server.url])
  assert.deepEqual(
    lines(table.stdout).map((line) => line.split(/ +/).slice(0, 4)),
    [
      ['TOPIC', 'EVENTS', 'DUPLICATES', 'CONFLICTS'],
      ['logs.app', '1', '0', '0'],
      ['orders.paid', '2', '0', '0'],
    ],
  )
  const json = await runSekali(t, ['topics', '--url', server.url, '--sort', 'events', '--json'])
  assert.deepEqual(
    lines(json.stdout).map((line) => JSON.parse(line).topic),
    ['orders.paid', 'logs.app'],
  )
})

test('where nothing is stored nothing is printed, and a note says so', async (t) => {
  const { url } = await startTestServer(t)
  for (const args of [['topics'], ['events'], ['tail', '--to-end']]) {
    const { code, stdout, stderr } = await runSekali(t, [...args, '--url', url])
    assert.deepEqual([code, stdout], [0, ''])
    assert.notEqual(stderr, '')
  }
})

test('a tail to the end is everything that matches, and ends also where the last events do not', async (t) => {
  const server = await startFilled(t)
  const tail = await runSekali(t, ['tail', 'orders.*', '--to-end', '--json', '--url', server.url])
  assert.equal(tail.code, 0, tail.stderr)
  assert.deepEqual(
    lines(tail.stdout).map((line) => JSON.parse(line).event_id),
    ['o-1', 'a/b é'],
  )
  assert(tail.stdout.includes(`"payload":${oddOnOneLine},`))
  assert.match(tail.stderr, /^Go on with: sekali tail 'orders\.\*' --url \S+ --after 3 --to-end --json\n$/)
})

test('a tail goes on through a restart of the server, every event once, until Ctrl-C says where it was', async (t) => {
  const store = `sqlite:${join(temporaryFolder(t), 'a.db')}`
  const first = await startServerProcess(t, ['--store', store])
  const post = async (url: string, ...ids: string[]) => {
    const body = JSON.stringify({ events: ids.map((id) => wireEvent({ topic: 'orders.paid', event_id: id })) })
    const { status } = await fetch(`${url}/publish`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    })
    assert.equal(status, 202)
  }
  await post(first.url, 'before', 'last')
  const tail = startSekali(t, ['tail', '--after', '1', '--url', first.url])
  await printed(tail, 1)
  first.child.kill('SIGKILL')
  await first.exited
  const { port } = new URL(first.url)
  const second = await startServerProcess(t, ['--store', store, '--port', port])
  await post(second.url, 'last', 'after')
  await printed(tail, 2)
  tail.child.kill('SIGINT')
  const { code, stdout, stderr } = await tail.exited
  assert.equal(code, 130)
  assert.deepEqual(
    lines(stdout).map((line) => line.split(' ').slice(1, 4).join(' ')),
    ['orders.paid', 'orders.paid'].map((topic, at) => `${topic} ${wireEvent().source} ${at === 0 ? 'last' : 'after'}`),
  )
  assert.match(stderr, /goes on after the last event\n/)
  assert.match(stderr, /Go on with: sekali tail --url \S+ --after 3\n$/)
})

test('a tail ends after so many events, after so long, and when its reader leaves', async (t) => {
  const server = await startFilled(t)
  const some = await runSekali(t, ['tail', '--after', '0', '--max', '2', '--url', server.url])
  assert.deepEqual([some.code, lines(some.stdout).length], [0, 2])
  assert.match(some.stderr, /--after 2\n$/)
  const none = await runSekali(t, ['tail', '--timeout', '0.2', '--url', server.url])
  assert.deepEqual([none.code, none.stdout], [0, ''])
  assert.match(none.stderr, /^Go on with: sekali tail --url \S+ --after 3\n$/)
  for (const command of ['tail --after 0', 'events --all --json']) {
    const { status, stdout, stderr } = spawnSync('sh', [
      '-c',
      `{ "$0" "$1" ${command} --url "$2" 2>&1 >&3 | cat >&2; } 3>&1 | head -n 1`,
      process.execPath,
      mainPath,
      await manyEventsUrl(t),
    ])
    assert.deepEqual([status, lines(stdout.toString()).length, stderr.toString()], [0, 1, ''])
  }
})

/** Of a server with more than a pipe holds; in another process, because this one waits for the pipe. */
async function manyEventsUrl(t: TestContext): Promise<string> {
  const { url } = await startServerProcess(t, ['--store', 'memory:'])
  const payload = { text: 'x'.repeat(1000) }
  const body = JSON.stringify({ events: Array.from({ length: 1000 }, () => wireEvent({ payload })) })
  const { status } = await fetch(`${url}/publish`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  })
  assert.equal(status, 202)
  return url
}

test('Ctrl-C before the first answer: what is not known is not said, and what was asked for is gone on with', async (t) => {
  const asked = Promise.withResolvers<void>()
  let requests = 0
  const commands = ['events', 'dups', 'tail --after 7']
  const url = await startAnsweringServer(t, () => ++requests === commands.length && asked.resolve())
  const running = commands.map((command) => startSekali(t, [...command.split(' '), '--url', url]))
  await asked.promise
  for (const { child } of running) child.kill('SIGINT')
  const exits = await Promise.all(running.map(({ exited }) => exited))
  assert.deepEqual(
    exits.map(({ code, stdout, stderr }) => [code, stdout, stderr]),
    [
      [130, '', ''],
      [130, '', ''],
      [130, '', `Go on with: sekali tail --url ${url} --after 7\n`],
    ],
  )
})

test('what cannot be is a mistake in typing, and a server that is away ends with 6', async (t) => {
  for (const [args, text] of [
    [['tail', 'orders.>.paid'], /the topic "orders\.>\.paid" /],
    [['tail', '--after', 'x'], /--after must be a whole number from 0, not "x"/],
    [['tail', '--max', '0'], /--max must be a whole number from 1/],
    [['events', '--from', 'yesterday'], /--from must be an ISO 8601 time, or how long ago/],
    [['events', '--order', 'up'], /desc, asc, seq/],
    [['events', '--all', '--limit', '2'], /cannot be used with/],
    [['get', 'a'], /missing required argument 'EVENT_ID'/],
  ] as const) {
    const { code, stderr } = await runSekali(t, args)
    assert.equal(code, 2, stderr)
    assert.match(stderr, text)
  }
  const env = { SEKALI_URL: await closedUrl() }
  for (const args of [['tail'], ['get', 'a', 'b']]) {
    const { code, stderr } = await runSekali(t, args, { env })
    assert.equal(code, 6)
    assert.match(stderr, /cannot be reached: .*\n {2}Is it running\?/)
  }
})
