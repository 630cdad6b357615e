/** `sekali dups`: lists, sums, and what differs in conflicts. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { commandLine } from '../../src/cli/command-line.ts'
import { differencesOf } from '../../src/cli/conflict-differences.ts'
import type { Scope } from '../support/after-test.ts'
import { startAnsweringServer } from '../support/answering-server.ts'
import { wireEvent } from '../support/events.ts'
import { closedUrl } from '../support/flaky-proxy.ts'
import { mainPath, runSekali, startSekali } from '../support/process.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

/** Text, because `JSON.stringify` cannot write these numbers. */
function eventText(source: string, payload: string, id = 'evt-1'): string {
  return `{"topic":"orders.paid","event_id":"${id}","timestamp":"2026-01-31T09:30:00Z","source":"${source}","payload":${payload}}`
}

async function startWithDuplicates(t: Scope): Promise<TestServer> {
  const server = await startTestServer(t)
  const odd = wireEvent({ topic: '日本\u001b[31m', event_id: 'e\u0301', source: '.' })
  await server.post('/publish', eventText('shop-1', '{"id":9007199254740993,"b":1e400,"a":-0}'))
  await server.post('/publish', eventText('shop-2', '{"id":9007199254740995,\r\n"b":1e400,"c":{"n":1.0}}'))
  await server.publish(odd, odd)
  return server
}

test('duplicates are listed newest first, and a page is gone on with', async (t) => {
  const server = await startWithDuplicates(t)
  const env = { SEKALI_URL: server.url }
  const [all, first] = await Promise.all([
    runSekali(t, ['dups'], { env }),
    runSekali(t, ['dups', '--limit', '1', '--url', `${server.url}/`], { env }),
  ])
  assert.equal(all.code, 0, all.stderr)
  const [head, ...lines] = all.stdout.trimEnd().split('\n')
  assert.match(head ?? '', /^SEEN +WHAT +TOPIC +EVENT ID +FROM +STORED AS$/)
  assert.match(lines[0] ?? '', /Z {2}duplicate {2}日本\\u001b\[31m {2}e\u0301 +\. +2$/)
  assert.match(lines[1] ?? '', /Z {2}conflict {3}orders\.paid +evt-1 +shop-2 +1$/)
  assert.equal(all.stderr, '')
  const more = /^More: sekali (dups --url \S+ --limit 1 --cursor \S+)\n$/.exec(first.stderr)?.[1]
  assert(more !== undefined, first.stderr)
  const second = await runSekali(t, more.split(' '))
  assert.match(second.stdout, /conflict +orders/)
  assert.doesNotMatch(second.stdout, /日本/)
})

test('for conflicts it is shown what differs; as JSON the payloads are the bytes that were sent', async (t) => {
  const server = await startWithDuplicates(t)
  const env = { SEKALI_URL: server.url }
  const [people, json] = await Promise.all([
    runSekali(t, ['dups', '--conflicts'], { env }),
    runSekali(t, ['dups', '--conflicts', '--json', '--topic', 'orders.paid'], { env }),
  ])
  const [head, ...lines] = people.stdout.trimEnd().split('\n')
  assert.match(head ?? '', /Z {2}orders\.paid {2}evt-1 {2}from shop-2, stored as seq 1$/)
  assert.deepEqual(
    lines.map((line) => line.trim().split(/ {2,}/)),
    [
      ['source', 'shop-1', '→ shop-2'],
      ['payload.id', '9007199254740993', '→ 9007199254740995'],
      ['payload.a', '-0', '→ (none)'],
      ['payload.c', '(none)', '→ {"n":1.0}'],
    ],
  )
  assert.equal(json.stdout.match(/\n/g)?.length, 1)
  assert(json.stdout.includes('"payload":{"id":9007199254740995,  "b":1e400,"c":{"n":1.0}}}}\n'), json.stdout)
})

test('what was written otherwise but says the same has no differences', () => {
  const content = { timestamp: '2026-01-31', source: 's' }
  const payload = (text: string) => ({ ...content, payload: text })
  assert.deepEqual(differencesOf(payload('{"a":1,"b":{"c":2}}'), payload('{"b": {"c": 2}, "a": 1}')), [])
  assert.deepEqual(differencesOf(payload('{"a":1}'), payload('{"a":1.0}')), [
    { place: 'payload.a', stored: '1', refused: '1.0' },
  ])
  assert.deepEqual(differencesOf(payload('{"a":{}}'), payload('{"a":[]}')), [
    { place: 'payload.a', stored: '{}', refused: '[]' },
  ])
})

test('duplicates are summed up by source and by event', async (t) => {
  const server = await startWithDuplicates(t)
  const env = { SEKALI_URL: server.url }
  const [sources, events, json] = await Promise.all([
    runSekali(t, ['dups', '--by', 'source'], { env }),
    runSekali(t, ['dups', '--by', 'event', '--sort', 'last_seen', '--conflicts'], { env }),
    runSekali(t, ['dups', '--by', 'event', '--json'], { env }),
  ])
  assert.match(sources.stdout, /^SOURCE .*\nshop-2 +1 +1 +1 +/)
  assert.match(events.stdout, /^TOPIC .*\norders\.paid +evt-1 +2 +1 +\d.* shop-2\n$/)
  const lines = json.stdout.trimEnd().split('\n')
  assert.deepEqual(
    lines.map((line) => JSON.parse(line).event_id),
    ['evt-1', 'e\u0301'],
  )
})

test('all pages are fetched one by one, and a reader that leaves or Ctrl-C ends that', async (t) => {
  const server = await startTestServer(t)
  const many = Array.from({ length: 1000 }, (_, index) => wireEvent({ event_id: `evt-${index}` }))
  for (let round = 0; round < 3; round++) await server.publish(...many)
  let asked = 0
  let isSilent = false
  const isAsked = Promise.withResolvers<void>()
  const url = await startAnsweringServer(t, async (request, response) => {
    asked++
    if (isSilent) isAsked.resolve()
    if (!isSilent) response.end(await (await server.get(request.url ?? '')).text())
  })
  const whole = await runSekali(t, ['dups', '--all', '--url', url])
  assert.equal(whole.stdout.match(/^SEEN/gm)?.length, 1, 'one head')
  assert.equal(whole.stdout.trimEnd().split('\n').length, 2001)
  assert(asked >= 2 && asked <= 3)
  const command = 'set -o pipefail; "$0" "$1" dups --all --json --url "$2" | head -n 1; echo $?'
  const run = promisify(execFile)('bash', ['-c', command, process.execPath, mainPath, url])
  const { stdout, stderr } = await run
  assert.match(stdout, /^\{.*\}\n0\n$/)
  assert.equal(stderr, '')
  isSilent = true
  const { child, exited } = startSekali(t, ['dups', '--url', url, '--cursor', 'place'])
  // Once: a signal that comes while the process is ending already ends it as it does any other.
  await isAsked.promise
  child.kill('SIGINT')
  const stopped = await exited
  assert.deepEqual([stopped.code, stopped.stdout], [130, ''])
  assert.match(stopped.stderr, /^More: sekali dups --url \S+ --cursor place\n$/)
})

test('none, wrong options, a server that is away', async (t) => {
  const server = await startTestServer(t)
  const none = await runSekali(t, ['dups', '--url', server.url])
  assert.deepEqual([none.code, none.stdout, none.stderr], [0, '', 'No duplicates on record.\n'])
  const mistakes = [
    [['--event-id', 'a'], /--event-id needs --topic/],
    [['--by', 'sorce'], /'sorce' is invalid\. Allowed choices are source, event/],
    [['--sort', 'spread'], /--sort is for --by/],
    [['--limit', '0'], /--limit must be a whole number from 1, not "0"/],
    [['--all', '--limit', '3'], /'--all' cannot be used with option '--limit <N>'/],
    [['--cursor', 'nonsense', '--url', server.url], /cursor is not a cursor of this list/],
  ] as const
  const exits = await Promise.all(mistakes.map(([args]) => runSekali(t, ['dups', ...args])))
  for (const [index, { code, stderr }] of exits.entries()) {
    assert.equal(code, 2, stderr)
    assert.match(stderr, mistakes[index]?.[1] ?? /never/)
  }
  const away = await runSekali(t, ['dups', '--url', await closedUrl()])
  assert.equal(away.code, 6)
})

test('a command line to type again is quoted for the shell', () => {
  assert.equal(
    commandLine(['dups'], { topic: "it's $HOME", all: true, json: false, limit: undefined, cursor: 'a=b' }),
    `sekali dups --topic 'it'\\''s $HOME' --all --cursor a=b`,
  )
})
