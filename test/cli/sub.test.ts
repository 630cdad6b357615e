import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import { closedUrl } from '../support/flaky-proxy.ts'
import { oddLines, storeLines } from '../support/many-events.ts'
import { mainPath, runSekali } from '../support/process.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

function sub(t: TestContext, { url }: Pick<TestServer, 'url'>, ...args: readonly string[]) {
  return runSekali(t, ['sub', ...args, '--url', url])
}

function put(server: TestServer, name: string, settings: object = {}): Promise<Response> {
  return fetch(`${server.url}/subscriptions/${name}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ topics: ['>'], start: 'earliest', ...settings }),
  })
}

test('a subscription is created once, again it changes nothing, and other settings are named', async (t) => {
  const server = await startTestServer(t)
  await storeLines(server, oddLines(3))
  const args = [
    'create',
    'billing',
    'logs.*',
    'orders.>',
    '--start',
    '2026-01-31',
    '--lease',
    '0.5',
    '--max-attempts',
    '7',
  ]
  const first = await sub(t, server, ...args)
  assert.equal(first.code, 0, first.stderr)
  assert.match(
    first.stdout,
    /^billing created: logs\.\* orders\.>, from 2026-01-31T00:00:00\.000Z, 3 events to deliver\n$/,
  )
  const { topics, lease_ms, max_attempts } = await server.getJson('/subscriptions/billing')
  assert.deepEqual([topics, lease_ms, max_attempts], [['logs.*', 'orders.>'], 500, 7])
  const [again, other] = await Promise.all([
    sub(t, server, ...args, '--json'),
    sub(t, server, 'create', 'billing', 'logs.*', 'orders.>', '--start', '17', '--lease', '0.5'),
  ])
  assert.equal(again?.code, 0)
  assert.equal(JSON.parse(again?.stdout ?? '').name, 'billing')
  assert.equal(other?.code, 1)
  const [head, ...lines] = (other?.stderr ?? '').trimEnd().split('\n')
  assert.equal(head, 'sekali: billing is there with other settings:')
  assert.deepEqual(lines, [
    '  start: 2026-01-31T00:00:00.000Z there, seq 17 asked for',
    '  max attempts: 7 there, 5 asked for',
  ])
})

test('ls: a table for people, in which nothing that publishers wrote is raw, and lines for programs', async (t) => {
  const server = await startTestServer(t)
  const empty = await sub(t, server, 'ls')
  assert.deepEqual([empty.code, empty.stdout], [0, ''])
  assert.match(empty.stderr, /sekali sub create/)
  await storeLines(server, oddLines(1234))
  await put(server, 'all')
  await put(server, 'odd', { topics: ['日本.\u001b[31m', 'b'], start: 'latest' })
  await server.post('/subscriptions/all/pull', '{"max":2}')
  const [table, lines] = await Promise.all([sub(t, server, 'ls'), sub(t, server, 'ls', '--json')])
  assert.match(table?.stdout ?? '', /^NAME +LAG +IN FLIGHT +OLDEST +DEAD +TOPICS +PUSH$/m)
  assert.match(table?.stdout ?? '', /^all +1,234 +2 +[\d.]+ m?s +0 +> +-$/m)
  assert.match(table?.stdout ?? '', /^odd +0 +0 +- +0 +日本\.\\u001b\[31m b +-$/m)
  const parsed = (lines?.stdout ?? '')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  assert.deepEqual(
    parsed.map(({ name, in_flight }) => [name, in_flight]),
    [
      ['all', 2],
      ['odd', 0],
    ],
  )
})

test('pull --json gives leases for ack and nack, with payloads as they were published', async (t) => {
  const server = await startTestServer(t)
  const lines = oddLines(4)
  await storeLines(server, lines)
  await put(server, 'w')
  const pulled = await sub(t, server, 'pull', 'w', '--max', '3', '--json')
  assert.equal(pulled.code, 0, pulled.stderr)
  assert.equal(pulled.stderr, '')
  const printed = pulled.stdout.trimEnd().split('\n')
  assert.ok(printed[0]?.includes(lines[0]?.slice(1, -1) ?? '?'), 'byte for byte')
  const [a, b, c] = printed.map((line) => JSON.parse(line).lease)
  const acked = await sub(t, server, 'ack', 'w', a, b)
  assert.deepEqual([acked.code, acked.stdout], [0, '2 acked\n'])
  const nacked = await sub(t, server, 'nack', 'w', c, 'no-lease', '--delay', '0', '--reason', 'later')
  assert.deepEqual([nacked.code, nacked.stdout], [3, '1 nacked\n'])
  assert.match(nacked.stderr, /^sekali: no-lease: it is no lease of this subscription$/m)
  const expired = await sub(t, server, 'ack', 'w', c)
  assert.deepEqual([expired.code, expired.stdout], [1, '0 acked\n'])
  const rest = await sub(t, server, 'pull', 'w', '--ack', '--json')
  assert.deepEqual(
    rest.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).seq)
      .sort(),
    [3, 4],
  )
  const { acked: all, lag } = await server.getJson('/subscriptions/w')
  assert.deepEqual([all, lag], [4, 0])
})

test('pull without --json is a table; it waits as long as it was told; it gives back what its reader did not take', async (t) => {
  const server = await startTestServer(t)
  await storeLines(server, oddLines(600, 500))
  await put(server, 'w')
  const child = spawn(process.execPath, [
    mainPath,
    'sub',
    'pull',
    'w',
    '--ack',
    '--json',
    '--max',
    '600',
    '--url',
    server.url,
  ])
  t.after(() => child.kill('SIGKILL'))
  const stderr = child.stderr.setEncoding('utf8').toArray()
  await once(child.stdout, 'data')
  child.stdout.destroy()
  const [code] = await once(child, 'close')
  assert.deepEqual([code, await stderr], [0, []])
  const { acked, in_flight } = await server.getJson('/subscriptions/w')
  assert.deepEqual([acked, in_flight], [0, 0], 'nothing is acked that nobody read')
  await server.post('/subscriptions/w/seek', '{"seq":599}')
  const table = await sub(t, server, 'pull', 'w', '--ack', '--wait', '5')
  assert.match(
    table.stdout,
    /^SEQ +ATTEMPT +TOPIC +EVENT ID +PAYLOAD\n600 +1 +orders\.new +e599 +\{"n":599,"id":12345678901234567890,"e":1e400/,
  )
  const nothing = await sub(t, server, 'pull', 'w', '--wait', '0.2')
  assert.deepEqual([nothing.code, nothing.stdout, nothing.stderr], [0, '', 'w has nothing to deliver now.\n'])
})

test('seek goes to a place, dead letters are listed and delivered again, rm asks nobody with --yes', async (t) => {
  const server = await startTestServer(t)
  await storeLines(server, oddLines(3))
  await put(server, 'w', { max_attempts: 1 })
  const answer = await server.post('/subscriptions/w/pull', '{}')
  const { deliveries } = (await answer.json()) as { deliveries: { lease: string }[] }
  const leases = deliveries.map(({ lease }) => lease)
  await server.post('/subscriptions/w/nack', JSON.stringify({ leases, reason: 'bad \u001b[31mcolor' }))
  const [table, lines] = await Promise.all([sub(t, server, 'dead', 'w'), sub(t, server, 'dead', 'w', '--json')])
  assert.match(table?.stdout ?? '', /^ +2 +\S+Z +logs\.db +e1 +1 +bad \\u001b\[31mcolor$/m)
  const printed = (lines?.stdout ?? '').trimEnd().split('\n')
  assert.equal(printed.length, 3)
  assert.match(
    printed[2] ?? '',
    /"id":12345678901234567890,"e":1e400,"z":-0,.*"attempts":1,"reason":"bad \\u001b\[31mcolor"/,
  )
  const one = await sub(t, server, 'dead', 'w', '--redrive', '2')
  assert.equal(one.stdout, '1 dead letter to be delivered again\n')
  const all = await sub(t, server, 'dead', 'w', '--redrive')
  assert.equal(all.stdout, '2 dead letters to be delivered again\n')
  const none = await sub(t, server, 'dead', 'w')
  assert.deepEqual([none.code, none.stdout, none.stderr], [0, '', 'w has no dead letters.\n'])
  const sought = await sub(t, server, 'seek', 'w', '--to', '1')
  assert.equal(sought.stdout, 'w goes on from seq 1: 2 events to deliver\n')
  const asked = await sub(t, server, 'rm', 'w')
  assert.equal(asked.code, 2, 'nobody can be asked')
  const removed = await sub(t, server, 'rm', 'w', '--yes')
  assert.deepEqual([removed.code, removed.stdout], [0, ''])
  assert.equal((await server.get('/subscriptions/w')).status, 404)
})

test('what is not there is 5, what cannot be is 2, a server that is away is 6', async (t) => {
  const server = await startTestServer(t)
  const away = { url: await closedUrl() }
  const absent = await Promise.all(
    [
      ['pull', 'x'],
      ['ack', 'x', 'lease'],
      ['seek', 'x', '--to', 'latest'],
      ['dead', 'x'],
    ].map((args) => sub(t, server, ...args)),
  )
  assert.deepEqual(
    absent.map(({ code }) => code),
    [5, 5, 5, 5],
  )
  assert.match(absent[0]?.stderr ?? '', /there is no subscription of this name/)
  const mistakes: [string[], RegExp, number][] = [
    [['create', 'w', 'a', '--start', 'soon'], /--start must be earliest, latest, a seq or an ISO 8601 time/, 2],
    [['create', 'a b', 'a'], /\/name must be 1 to 128/, 2],
    [['seek', '..', '--to', '1'], /NAME cannot be "\.\."/, 2],
    [['pull', 'w', '--max', '0'], /--max must be a whole number from 1/, 2],
    [['sedk', 'w'], /unknown command 'sedk'.*\n.*Did you mean seek/s, 2],
  ]
  const exits = await Promise.all([...mistakes.map(([args]) => sub(t, server, ...args)), sub(t, away, 'ls')])
  for (const [index, [args, message, code]] of mistakes.entries()) {
    assert.match(exits[index]?.stderr ?? '', message)
    assert.equal(exits[index]?.code, code, args.join(' '))
  }
  assert.equal(exits.at(-1)?.code, 6)
})
