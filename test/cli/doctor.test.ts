/** `sekali doctor`: what it finds in servers and files, and what it ends with. */
import assert from 'node:assert/strict'
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { checkDisk, checkVolume } from '../../src/cli/doctor/place-checks.ts'
import { checkServer } from '../../src/cli/doctor/reach-checks.ts'
import { subscriptionChecks } from '../../src/cli/doctor/state-checks.ts'
import { checkLimits } from '../../src/cli/doctor/system-checks.ts'
import type { SubscriptionAnswer, SystemAnswer } from '../../src/http/wire-types.ts'
import { crashedFile, flipBit } from '../stores/sqlite/sqlite-files.ts'
import { startAnsweringServer } from '../support/answering-server.ts'
import { wireEvent } from '../support/events.ts'
import { closedUrl } from '../support/flaky-proxy.ts'
import { type Exit, runSekali, startSekali } from '../support/process.ts'
import { startTestServer } from '../support/server.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

interface Line {
  readonly of: string
  readonly check: string
  readonly result: string
  readonly detail: string
  readonly advice: string | null
}

/** The lines of `--json` by the name of the check. */
function checksIn({ stdout }: Exit): Readonly<Record<string, Line>> {
  const lines: Line[] = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  return Object.fromEntries(lines.map((line) => [line.check, line]))
}

test('a server in memory that took conflicts is warned about, and nothing is a problem', async (t) => {
  const server = await startTestServer(t)
  const event = wireEvent()
  await server.publish(event, { ...event, payload: { changed: true } })
  const env = { SEKALI_URL: server.url }
  const [people, json] = await Promise.all([
    runSekali(t, ['doctor'], { env }),
    runSekali(t, ['doctor', '--json'], { env }),
  ])
  assert.deepEqual([people.code, json.code], [0, 0], people.stdout)
  assert.match(people.stdout, /^warning {2}store {10}in memory.*\n {24}→ start the server with --store sqlite:PATH/m)
  // Where the machine is busy, timers are late, which is a third one.
  assert.match(people.stdout, /\n\n\d+ checks: \d+ ok, [23] warnings, 0 problems\n$/)
  const checks = checksIn(json)
  assert.equal(checks.conflicts?.result, 'warning')
  assert.match(checks.conflicts?.advice ?? '', /sekali dups --conflicts/)
  assert.equal(checks.counters?.detail, '2 received = 1 unique + 1 duplicates')
  for (const name of ['address', 'server', 'version', 'node', 'ready', 'clock', 'queue fill', 'subscriptions']) {
    assert.deepEqual([checks[name]?.result, checks[name]?.advice], ['ok', null], name)
  }
})

test('what a server says of itself is judged', async (t) => {
  const server = await startTestServer(t)
  const system = await server.getJson('/system')
  const answers: Readonly<Record<string, readonly [status: number, body: object]>> = {
    '/system': [
      200,
      {
        ...system,
        version: '9.0.0',
        node: 'v22.1.0',
        health: [{ name: 'queue', ok: false, reason: 'full: publishers wait' }],
        store: { ...system.store, engine: 'sqlite', location: '/data/\u001b[2J', free_bytes: 1_000 },
      },
    ],
    '/readyz': [503, { status: 'not ready', reason: 'draining' }],
    '/stats': [503, { detail: 'the store is away' }],
    '/subscriptions': [200, { subscriptions: [] }],
  }
  const url = await startAnsweringServer(t, (request, response) => {
    const [status, body] = answers[request.url ?? ''] ?? [404, {}]
    response.writeHead(status, { date: new Date(Date.now() - 3_600_000).toUTCString() }).end(JSON.stringify(body))
  })
  const exit = await runSekali(t, ['doctor', '--json', '--url', url])
  assert.equal(exit.code, 1, exit.stderr)
  const checks = checksIn(exit)
  const results = Object.values(checks).map(({ check, result }) => `${check}: ${result}`)
  for (const expected of [
    'version: warning',
    'node: problem',
    'ready: problem',
    'queue: problem',
    'clock: warning',
    'disk: problem',
    'stats: problem',
    'subscriptions: ok',
  ]) {
    assert(results.includes(expected), `${expected} in ${results}`)
  }
  assert.match(checks.clock?.detail ?? '', /(59 min|1 h 0 min).* behind/)
  assert.match(checks.ready?.advice ?? '', /being stopped/)
  assert.match(checks.stats?.detail ?? '', /answered 503 the store is away/)
  assert.match(checks.store?.detail ?? '', /\/data\/\\u001b\[2J/)
})

test('where no Sekali server answers, it is said what does', async (t) => {
  const refusing = await startAnsweringServer(t, (_, response) => response.writeHead(401).end('{}'))
  const other = await startAnsweringServer(t, (_, response) => response.end('<html>'))
  const broken = await startAnsweringServer(t, (_, response) => response.writeHead(502).end())
  const moved = await startAnsweringServer(t, (_, response) => {
    response.writeHead(301, { location: 'https://elsewhere/' }).end()
  })
  const cases = [
    [await closedUrl(), 6, 'server', /ECONNREFUSED/, /"sekali serve" starts a server/],
    ['http://nowhere.invalid', 6, 'address', /nowhere\.invalid has no address here/, /--url/],
    [other.replace('http:', 'https:'), 6, 'server', /does not answer: wrong version number$/, /try --url http:/],
    [refusing, 4, 'token', /answered 401/, /SEKALI_TOKEN/],
    [broken, 6, 'server', /answered 502/, /a proxy before it/],
    [other, 1, 'server', /is not a Sekali server/, /the port and the path/],
    [moved, 1, 'server', /points to https:\/\/elsewhere\//, /--url/],
  ] as const
  const exits = await Promise.all(cases.map(([url]) => runSekali(t, ['doctor', '--json', '--url', url])))
  for (const [index, [url, code, name, detail, advice]] of cases.entries()) {
    const exit = exits[index]
    assert(exit !== undefined)
    assert.equal(exit.code, code, `${url} ${exit.stdout} ${exit.stderr}`)
    const last = checksIn(exit)[name]
    assert.equal(last?.result, 'problem')
    assert.match(last?.detail ?? '', detail)
    assert.match(last?.advice ?? '', advice)
  }
  assert.match(
    checkServer({ url: 'https://a/', token: undefined }, { status: undefined, code: 'CERT_HAS_EXPIRED', reason: '' })
      .check.advice ?? '',
    /renew the server's certificate/,
  )
})

test('a file is looked at with and without its server, and nothing is changed or left behind', async (t) => {
  const path = join(temporaryFolder(t), 'a.db')
  const store = `sqlite:${path}`
  const server = await startTestServer(t, { store })
  await server.publish(wireEvent())
  const both = await runSekali(t, ['doctor', '--json', '--store', store, '--url', server.url])
  assert.equal(both.code, 0, both.stdout)
  const checks = checksIn(both)
  assert.deepEqual([checks['in use']?.of, checks['in use']?.detail], [store, 'a server works with it'])
  assert.equal(checks.server?.of, `${server.url}/`)
  assert.match(checks.store?.detail ?? '', /^sqlite .*; commits are synced to the disk$/)
  // The lock is the server's still: another one is refused.
  await assert.rejects(startTestServer(t, { store }), /in use by another sekali process/)
  await server.close()
  chmodSync(path, 0o666)
  const alone = await runSekali(t, ['doctor', '--store', store])
  assert.equal(alone.code, 0, alone.stdout)
  assert.match(alone.stdout, /^ok {7}schema {9}\d+, the newest$/m)
  assert.match(alone.stdout, /^ok {7}in use {9}by no server$/m)
  assert.match(alone.stdout, /^warning {2}file .*can be written by every user.*\n +→ chmod o-w /m)
  assert.equal(alone.stderr, `The events themselves were not read: "sekali verify --store ${store}" does that.\n`)
})

test('a file that is no store is a problem; a store that is no file is a mistake in typing', async (t) => {
  const folder = temporaryFolder(t)
  const text = join(folder, 'text.db')
  writeFileSync(text, 'x'.repeat(200))
  const newer = join(folder, 'newer.db')
  const header = Buffer.alloc(100)
  header.write('SQLite format 3\0Sekali', 'latin1')
  header.writeUInt32BE(0x536b6c69, 68)
  header.writeUInt32BE(999, 60)
  writeFileSync(newer, header)
  for (const [store, code, output] of [
    [`sqlite:${text}`, 1, /"schema","result":"problem","detail":".*text\.db is no SQLite file"/],
    [`sqlite:${newer}`, 1, /"schema","result":"problem","detail":"999, written by a newer version/],
    [`sqlite:${join(folder, 'none.db')}`, 1, /there is no such file/],
    ['memory:', 2, /memory: is no file; give --store sqlite:PATH/],
    ['postgres://me:secret@db/x', 2, /postgres:\/\/me:\*\*\*@db\/x is no file/],
  ] as const) {
    const exit = await runSekali(t, ['doctor', '--json', '--store', store])
    assert.equal(exit.code, code, exit.stdout)
    assert.match(exit.stdout + exit.stderr, output)
  }
})

test('Ctrl-C ends it with 130', async (t) => {
  const asked = Promise.withResolvers<void>()
  const url = await startAnsweringServer(t, () => asked.resolve())
  const { child, exited } = startSekali(t, ['doctor', '--url', url])
  await asked.promise
  child.kill('SIGINT')
  assert.equal((await exited).code, 130)
})

test('disks, file systems and limits are judged by what they mean for a store', () => {
  const results = (checks: readonly { readonly result: string }[]) => checks.map(({ result }) => result)
  assert.deepEqual(results([10_000_000, 500_000_000, 5_000_000_000].map(checkDisk)), ['problem', 'warning', 'ok'])
  const types = ['ext4', 'tmpfs', 'nfs4', 'cifs', 'fuse.sshfs', 'overlay']
  assert.deepEqual(results(types.map((type) => checkVolume({ point: '/', type }))), [
    'ok',
    'warning',
    'problem',
    'problem',
    'problem',
    'warning',
  ])
  const config = (bodyLimit: string) =>
    ({ config: [{ name: 'body-limit', value: bodyLimit }] }) as unknown as SystemAnswer
  assert.equal(checkLimits(config('8388608'), undefined).result, 'ok')
  assert.equal(checkLimits(config('8388608'), 256).result, 'warning')
  assert.equal(checkLimits(config('1000'), 4096).result, 'warning')
})

test('subscriptions that lag, have dead letters or do not push are named', () => {
  const subscription = (name: string, fields: Partial<SubscriptionAnswer>) =>
    ({ name, lag: 0, oldest_unacked_seconds: null, dead_letters: 0, push: null, ...fields }) as SubscriptionAnswer
  const many = Array.from({ length: 7 }, (_, index) => subscription(`dead-${index}`, { dead_letters: 3 }))
  const behind = subscription('slow', { lag: 1200, oldest_unacked_seconds: 7260 })
  const checks = [...subscriptionChecks([behind, ...many])]
  assert.deepEqual(
    checks.map(({ name, result }) => [name, result]),
    [
      ['lag', 'warning'],
      ['dead letters', 'warning'],
    ],
  )
  assert.equal(checks[0]?.detail, 'slow (1,200 events behind, the oldest for 2 h 1 min)')
  assert.match(checks[1]?.detail ?? '', /^dead-0 \(3\), .*dead-4 \(3\) and 2 more$/)
  assert.deepEqual(
    [...subscriptionChecks([subscription('well', { lag: 3, oldest_unacked_seconds: 2 })])][0]?.result,
    'ok',
  )
})

test('a damaged WAL is a problem, and the end of one that a crash left is none', async (t) => {
  const { path, wal, lastStart } = await crashedFile(t, 5)
  const ask = async () => checksIn(await runSekali(t, ['doctor', '--store', `sqlite:${path}`, '--json'])).wal
  flipBit(wal, lastStart + 100)
  assert.equal((await ask())?.result, 'ok')
  flipBit(wal, 9000)
  const found = await ask()
  assert.equal(found?.result, 'problem')
  assert.match(found?.detail ?? '', /^damaged before \d commits or more$/)
  assert.match(found?.advice ?? '', /no server starts on it/)
})
