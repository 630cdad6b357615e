/** `sekali verify`: real processes on real files, whole and damaged. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { wireEvent } from '../support/events.ts'
import { runSekali, startServerProcess } from '../support/process.ts'
import { clientOf } from '../support/server.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const events = Array.from({ length: 300 }, (_, index) => wireEvent({ topic: `t.${index % 3}`, event_id: `e-${index}` }))

interface Verified {
  readonly problems: number
  readonly last_seq: number
  readonly advice: string[]
  readonly checks: { readonly name: string; readonly problems: number; readonly described: string[] }[]
}

async function verify(t: TestContext, path: string): Promise<{ code: number | null; found: Verified; stderr: string }> {
  const { code, stdout, stderr } = await runSekali(t, ['verify', '--store', `sqlite:${path}`, '--json'])
  return { code, found: JSON.parse(stdout) as Verified, stderr }
}

/** A store that a server has filled; the server runs on until the test ends, or is stopped. */
async function fill(t: TestContext) {
  const path = join(temporaryFolder(t), 'a.db')
  const server = await startServerProcess(t, ['--store', `sqlite:${path}`])
  const client = clientOf(server)
  await client.publish(...events)
  await client.publish(...events.slice(0, 20), { ...(events[30] ?? assert.fail()), payload: { other: true } })
  const stop = async () => {
    server.child.kill('SIGTERM')
    await server.exited
  }
  const kill = async () => {
    server.child.kill('SIGKILL')
    await server.exited
  }
  return { path, client, stop, kill }
}

function change(path: string, sql: string): void {
  const db = new DatabaseSync(path)
  db.exec(sql)
  db.close()
}

test('a store is checked while a server works with it, and when it is stopped; nothing is left beside it', async (t) => {
  const { path, client, stop } = await fill(t)
  let isDone = false
  const publishing = (async () => {
    while (!isDone) await client.publish(wireEvent(), wireEvent({ event_id: 'again' }))
  })()
  const online = await verify(t, path)
  isDone = true
  await publishing
  assert.deepEqual([online.code, online.found.problems], [0, 0], JSON.stringify(online.found))
  await stop()
  const before = readdirSync(dirname(path))
  const { code, stdout } = await runSekali(t, ['verify', '--store', `sqlite:${path}`])
  assert.equal(code, 0, stdout)
  assert.match(stdout, /^events +ok, [\d,]+ events$/m)
  assert.match(stdout, /^No problems found\.$/m)
  assert.deepEqual(readdirSync(dirname(path)), before)
})

test('what is not as it was is found and named; advice says what to do', async (t) => {
  const { path, stop } = await fill(t)
  await stop()
  change(
    path,
    `DELETE FROM event WHERE seq = 17;
     UPDATE event SET payload = replace(payload, 'hello', 'hallo') WHERE seq = 40;
     UPDATE topic SET events = events + 1 WHERE id = 2;
     DELETE FROM duplicate WHERE id = 3;
     DELETE FROM dedup_state`,
  )
  const { code, found } = await verify(t, path)
  assert.equal(code, 1)
  const described = found.checks.flatMap((check) => check.described.map((text) => `${check.name}: ${text}`))
  for (const text of [
    'events: event 17 is missing',
    'checksums: event 40, ["t.0","e-39"], is not what was stored: its checksum is another',
    'dedup_index: the index is missing',
    'counters: unique_processed is 300, but must be 299',
    'topics: topic t.1 counts 101 events, but has 99',
    'duplicates: 19 duplicates are on record, but 20 were counted',
    'duplicates: duplicate 17 is of event 17, which is not stored',
  ]) {
    assert.ok(described.includes(text), `${text}\nnot in\n${described.join('\n')}`)
  }
  assert.match(found.advice.join('\n'), /sekali rebuild-index builds them again/)
})

test('a WAL whose beginning is zeros is damage: what is behind it would be passed over in silence', async (t) => {
  const { path, kill } = await fill(t)
  await kill()
  const wal = readFileSync(`${path}-wal`)
  writeFileSync(`${path}-wal`, wal.fill(0, 0, 4096))
  const { code, found } = await verify(t, path)
  assert.equal(code, 1, JSON.stringify(found))
  assert.match(found.checks.find(({ name }) => name === 'wal')?.described.join() ?? '', /commits are lost/)
  assert.match(
    found.advice.join('\n'),
    /no server starts on a damaged WAL: move the file, its -wal and its -shm away together/,
  )
})

test('a damaged index is mended by rebuild-index, and then nothing is found', async (t) => {
  const { path, stop } = await fill(t)
  await stop()
  change(path, 'DELETE FROM dedup_state')
  assert.equal((await verify(t, path)).code, 1)
  assert.equal((await runSekali(t, ['rebuild-index', '--store', `sqlite:${path}`])).code, 0)
  const { code, found } = await verify(t, path)
  assert.equal(code, 0, JSON.stringify(found))
})

test('a file cut in the middle is a list of problems, not a stack trace', async (t) => {
  const { path, stop } = await fill(t)
  await stop()
  truncateSync(path, statSync(path).size / 2 + 100)
  const { code, stdout, stderr } = await runSekali(t, ['verify', '--store', `sqlite:${path}`])
  assert.equal(code, 1)
  assert.match(`${stdout}${stderr}`, /problems? found|malformed/)
  assert.doesNotMatch(`${stdout}${stderr}`, /^\s+at /m)
})

test('a file that is not there, another store and a file of somebody else are refused, and left alone', async (t) => {
  const folder = temporaryFolder(t)
  const text = join(folder, 'text')
  writeFileSync(text, 'this is no database, but long enough to look like one'.repeat(100))
  for (const [store, exit, message] of [
    [`sqlite:${join(folder, 'none.db')}`, 2, /there is no such file/],
    ['memory:', 2, /cannot be verified/],
    [`sqlite:${text}`, 1, /is not an SQLite file/],
  ] as const) {
    const { code, stderr } = await runSekali(t, ['verify', '--store', store])
    assert.equal(code, exit, stderr)
    assert.match(stderr, message)
  }
  assert.deepEqual(readdirSync(folder), ['text'])
})
