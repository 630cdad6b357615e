/** `sekali copy`: a real SQLite file into a real PostgreSQL, interrupted, repeated, and worked with afterwards. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, type TestContext, test } from 'node:test'
import { wireEvent } from '../support/events.ts'
import { removeSharedPostgres, sharedPostgres } from '../support/postgres-server.ts'
import { runSekali, startSekali, startServerProcess } from '../support/process.ts'
import { clientOf } from '../support/server.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

after(removeSharedPostgres)

interface Filled {
  readonly from: string
  readonly file: string
  readonly to: string
}

const events = Array.from({ length: 300 }, (_, index) =>
  wireEvent({
    topic: index % 3 === 0 ? 'orders' : `logs.${index % 7}`,
    event_id: `e-${index} 😀`,
    timestamp: `2026-01-31T09:30:00.${String(index).padStart(3, '0')}${'4567'.repeat(index % 60)}Z`,
    payload: { index, text: 'Ünïcode "quoted" \\ backslash' },
  }),
)

function json(method: string, body: unknown): RequestInit {
  return { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
}

/** A store with duplicates, a conflict, and a subscription in the middle of its work. */
async function fill(t: TestContext): Promise<Filled> {
  const file = join(temporaryFolder(t), 'a.db')
  const running = await startServerProcess(t, ['--store', `sqlite:${file}`])
  const client = clientOf(running)
  await client.publish(...events.slice(0, 150))
  await client.publish(...events.slice(100, 300))
  await client.publish({ ...(events[5] ?? assert.fail()), payload: { changed: true } })
  await client.get(
    '/subscriptions/s',
    json('PUT', { topics: ['orders'], start: 'earliest', max_attempts: 1, lease_ms: 600_000 }),
  )
  const pulled = await (await client.post('/subscriptions/s/pull', '{"max": 10}')).json()
  const leases = (pulled as { deliveries: { lease: string }[] }).deliveries.map(({ lease }) => lease)
  await client.post('/subscriptions/s/ack', JSON.stringify({ leases: leases.slice(0, 5) }))
  await client.post('/subscriptions/s/nack', JSON.stringify({ leases: leases.slice(5, 7), reason: 'broken' }))
  running.child.kill('SIGTERM')
  await running.exited
  return { from: `sqlite:${file}`, file, to: await (await sharedPostgres()).createDatabase() }
}

function copy(t: TestContext, { from, to }: Pick<Filled, 'from' | 'to'>) {
  return runSekali(t, ['copy', '--from', from, '--to', to])
}

async function answers(t: TestContext, store: string): Promise<unknown> {
  const running = await startServerProcess(t, ['--store', store])
  const client = clientOf(running)
  const { uptime_seconds, throughput, store: _, ...stats } = await client.getJson('/stats')
  const { oldest_unacked_seconds, ...subscription } = await client.getJson('/subscriptions/s')
  const found = {
    stats,
    subscription,
    events: await client.getJson('/events?limit=1000'),
    bySeq: await client.getJson('/events?limit=1000&order=seq'),
    topics: await client.getJson('/topics'),
    duplicates: await client.getJson('/duplicates?limit=1000'),
    deadLetters: await client.getJson('/subscriptions/s/dead-letters'),
    rates: (await client.getJson('/rates?by=topic')).series,
  }
  running.child.kill('SIGTERM')
  await running.exited
  return found
}

test('everything is there afterwards, old events are recognised, seqs and the subscription go on', async (t) => {
  const filled = await fill(t)
  const { code, stdout, stderr } = await copy(t, filled)
  assert.equal(code, 0, stderr)
  assert.match(stdout, /^351 rows copied in /)
  assert.match(stdout, /^events +300\nduplicates +51 on record\ntopics +8\nsubscriptions +1\nBoth sides were compared/m)
  assert.deepEqual(await answers(t, filled.to), await answers(t, filled.from))

  const client = clientOf(await startServerProcess(t, ['--store', filled.to]))
  const ack = await (await client.publish(...events)).json()
  assert.deepEqual(ack, {
    ...{ accepted: 300, message: 'Accepted 300 events for processing' },
    ...{ unique: 0, duplicates: 300, conflicts: 0 },
  })
  const fresh = await client.post('/publish?results=all', JSON.stringify(wireEvent({ topic: 'orders' })))
  assert.equal(((await fresh.json()) as { results: { seq: number }[] }).results[0]?.seq, 301)
  const { deliveries } = (await (await client.post('/subscriptions/s/pull', '{"max": 1000}')).json()) as {
    deliveries: { event: { seq: number } }[]
  }
  // 100 of the topic, the ten that were handed out before, and the new one.
  assert.equal(deliveries.length, 91)
  assert.equal(deliveries.at(-1)?.event.seq, 301)
})

test('copying twice changes nothing, and what came to the source meanwhile is copied later', async (t) => {
  const filled = await fill(t)
  assert.equal((await copy(t, filled)).code, 0)
  const again = await copy(t, filled)
  assert.equal(again.code, 0, again.stderr)
  assert.match(again.stdout, /^nothing was missing in /)
  const running = await startServerProcess(t, ['--store', filled.from])
  await clientOf(running).publish(wireEvent(), events[0] ?? assert.fail())
  running.child.kill('SIGTERM')
  await running.exited
  const later = await copy(t, filled)
  assert.equal(later.code, 0, later.stderr)
  assert.match(later.stdout, /^2 rows copied in /)
  assert.deepEqual(await answers(t, filled.to), await answers(t, filled.from))
})

test('a copy that is killed goes on where it was', async (t) => {
  const file = join(temporaryFolder(t), 'a.db')
  const from = `sqlite:${file}`
  const running = await startServerProcess(t, ['--store', from])
  const client = clientOf(running)
  const many = Array.from({ length: 20_000 }, (_, index) => wireEvent({ event_id: `m-${index}` }))
  for (let at = 0; at < many.length; at += 1000) await client.publish(...many.slice(at, at + 1000))
  await client.get('/subscriptions/s', json('PUT', { topics: ['>'] }))
  running.child.kill('SIGTERM')
  await running.exited
  const postgres = await sharedPostgres()
  const to = await postgres.createDatabase()
  const copying = startSekali(t, ['copy', '--from', from, '--to', to])
  const database = new URL(to).pathname.slice(1)
  const countCopied = async () => {
    const [row] = await postgres.query(database, "SELECT to_regclass('sekali.event') IS NOT NULL AS is_there")
    if (row?.is_there !== true) return 0
    const [{ n } = { n: 0 }] = await postgres.query(database, 'SELECT count(*) AS n FROM sekali.event')
    return Number(n)
  }
  while ((await countCopied()) === 0);
  copying.child.kill('SIGKILL')
  await once(copying.child, 'close')
  const copied = await countCopied()
  assert.ok(copied < many.length, 'it was killed in the middle')
  const { code, stdout, stderr } = await copy(t, { from, to })
  assert.equal(code, 0, stderr)
  assert.doesNotMatch(stdout, /^20,000 rows copied/)
  assert.deepEqual(await answers(t, to), await answers(t, from))
})

test('a target with events of its own is refused, before anything is written', async (t) => {
  const filled = await fill(t)
  const running = await startServerProcess(t, ['--store', filled.to])
  await clientOf(running).publish(wireEvent({ event_id: 'mine' }))
  running.child.kill('SIGTERM')
  await running.exited
  const { code, stderr } = await copy(t, filled)
  assert.equal(code, 1)
  assert.match(stderr, /the target holds other events/)
  const [row] = await (await sharedPostgres()).query(
    new URL(filled.to).pathname.slice(1),
    'SELECT count(*) AS n FROM sekali.event',
  )
  assert.equal(Number(row?.n), 1)
})

test('a subscription that has moved on in the target is not set back', async (t) => {
  const filled = await fill(t)
  assert.equal((await copy(t, filled)).code, 0)
  const running = await startServerProcess(t, ['--store', filled.to])
  const client = clientOf(running)
  await client.post('/subscriptions/s/pull', '{"max": 3}')
  const before = await client.getJson('/subscriptions/s')
  const { code, stderr } = await copy(t, filled)
  assert.equal(code, 1)
  assert.match(stderr, /has worked with the target since/)
  assert.equal((await client.getJson('/subscriptions/s')).in_flight, before.in_flight)
})

test('the comparison finds a payload that was changed on the way', async (t) => {
  const filled = await fill(t)
  assert.equal((await copy(t, filled)).code, 0)
  const change = "UPDATE sekali.event SET payload = replace(payload, 'quoted', 'Quoted') WHERE seq = 200"
  await (await sharedPostgres()).query(new URL(filled.to).pathname.slice(1), change)
  const { code, stderr } = await copy(t, filled)
  assert.equal(code, 1)
  assert.match(stderr, /the copy is not the same as what was copied: events after 0/)
})

test('a log with a gap is not copied as if it had none', async (t) => {
  const filled = await fill(t)
  {
    using db = new DatabaseSync(filled.file)
    db.exec('DELETE FROM event WHERE seq = 7')
  }
  const { code, stderr } = await copy(t, filled)
  assert.equal(code, 1)
  assert.match(stderr, /has a gap before seq 8/)
})

test('other stores, a file that is not there and a source in use are refused', async (t) => {
  const { from, to } = await fill(t)
  for (const [flags, exit, text] of [
    [['--from', 'memory:', '--to', to], 2, /--from must be sqlite:PATH/],
    [['--from', from, '--to', 'sqlite:b.db'], 2, /--to must be postgres:/],
    [['--from', `sqlite:${join(temporaryFolder(t), 'none.db')}`, '--to', to], 2, /there is no such file/],
    [['--from', from, '--to', 'postgres://sekali:secret@127.0.0.1:1/x'], 1, /ECONNREFUSED/],
  ] as const) {
    const { code, stderr } = await runSekali(t, ['copy', ...flags])
    assert.equal(code, exit, stderr)
    assert.match(stderr, text)
    assert.doesNotMatch(stderr, /secret/)
  }
  await startServerProcess(t, ['--store', from])
  const { code, stderr } = await copy(t, { from, to })
  assert.equal(code, 1)
  assert.match(stderr, /in use by another sekali process/)
})
