/** `sekali copy`: a real SQLite file into a real PostgreSQL, interrupted, repeated, and worked with afterwards. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, type TestContext, test } from 'node:test'
import { wireEvent } from '../support/events.ts'
import { removeSharedPostgres, sharedPostgres } from '../support/postgres-server.ts'
import {
  type RunningProcess,
  runSekali,
  type ServerProcess,
  startSekali,
  startServerProcess,
} from '../support/process.ts'
import { clientOf } from '../support/server.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

after(removeSharedPostgres)

interface Filled {
  readonly from: string
  readonly file: string
  readonly to: string
  /** Handed out, and neither acked nor nacked. */
  readonly openLeases: readonly string[]
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
  await stop(running)
  const to = await (await sharedPostgres()).createDatabase()
  return { from: `sqlite:${file}`, file, to, openLeases: leases.slice(7) }
}

async function stop({ child, exited }: ServerProcess): Promise<void> {
  child.kill('SIGTERM')
  await exited
}

async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  return (await sharedPostgres()).query(new URL(url).pathname.slice(1), text)
}

function copy(t: TestContext, { from, to }: Pick<Filled, 'from' | 'to'>) {
  return runSekali(t, ['copy', '--from', from, '--to', to])
}

/** The bars of a series that have something; which they are moves on with the clock. */
function withoutPauses({ name, ...bars }: Record<string, unknown>) {
  const kinds = Object.entries(bars).map(([kind, counts]) => [kind, [counts].flat().filter((count) => count !== 0)])
  return { name, ...Object.fromEntries(kinds) }
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
    rates: (await client.getJson('/rates?by=topic')).series.map(withoutPauses),
  }
  await stop(running)
  return found
}

test('everything is there afterwards, old events are recognised, seqs and the subscription go on', async (t) => {
  const filled = await fill(t)
  const before = readFileSync(filled.file)
  const { code, stdout, stderr } = await copy(t, filled)
  assert.equal(code, 0, stderr)
  assert.ok(readFileSync(filled.file).equals(before), 'the source is as it was')
  assert.match(stdout, /^351 rows copied in /)
  assert.match(stdout, /^events +300\nduplicates +51 on record\ntopics +8\nsubscriptions +1\nBoth sides were compared/m)
  assert.deepEqual(await answers(t, filled.to), await answers(t, filled.from))

  const client = clientOf(await startServerProcess(t, ['--store', filled.to]))
  const settled = await client.post('/subscriptions/s/ack', JSON.stringify({ leases: filled.openLeases }))
  assert.equal(((await settled.json()) as { acked: number }).acked, 3)
  const ack = await (await client.publish(...events)).json()
  assert.deepEqual(ack, {
    ...{ accepted: 300, message: 'Accepted 300 events for processing' },
    ...{ unique: 0, duplicates: 300, conflicts: 0 },
  })
  const fresh = await client.post('/publish?results=all', JSON.stringify(wireEvent({ topic: 'orders' })))
  assert.equal(((await fresh.json()) as { results: { seq: number }[] }).results[0]?.seq, 301)
  const seqs: number[] = []
  // A pull looks along the log for as long as its time lasts.
  while (seqs.at(-1) !== 301) {
    const pulled = await (await client.post('/subscriptions/s/pull', '{"max": 1000}')).json()
    seqs.push(...(pulled as { deliveries: { event: { seq: number } }[] }).deliveries.map(({ event }) => event.seq))
  }
  // 100 of the topic, without the ten that were handed out before, and the new one.
  assert.equal(seqs.length, 91)
})

test('copying twice changes nothing, and what came to the source meanwhile is copied later', async (t) => {
  const filled = await fill(t)
  assert.equal((await copy(t, filled)).code, 0)
  const again = await copy(t, filled)
  assert.equal(again.code, 0, again.stderr)
  assert.match(again.stdout, /^nothing was missing in /)
  const running = await startServerProcess(t, ['--store', filled.from])
  await clientOf(running).publish(wireEvent(), events[0] ?? assert.fail())
  await stop(running)
  const later = await copy(t, filled)
  assert.equal(later.code, 0, later.stderr)
  assert.match(later.stdout, /^2 rows copied in /)
  assert.deepEqual(await answers(t, filled.to), await answers(t, filled.from))
})

/** A source that takes a while, and a copy of it that has begun. */
async function startLongCopy(t: TestContext) {
  const from = `sqlite:${join(temporaryFolder(t), 'a.db')}`
  const running = await startServerProcess(t, ['--store', from])
  const client = clientOf(running)
  const many = Array.from({ length: 40_000 }, (_, index) => wireEvent({ event_id: `m-${index}` }))
  for (let at = 0; at < many.length; at += 1000) await client.publish(...many.slice(at, at + 1000))
  await client.get('/subscriptions/s', json('PUT', { topics: ['>'] }))
  await stop(running)
  const to = await (await sharedPostgres()).createDatabase()
  const copying = startSekali(t, ['copy', '--from', from, '--to', to])
  while ((await countCopied(to)) === 0);
  return { from, to, many, copying }
}

async function countCopied(to: string): Promise<number> {
  const [row] = await query(to, "SELECT to_regclass('sekali.event') IS NOT NULL AS is_there")
  if (row?.is_there !== true) return 0
  return Number((await query(to, 'SELECT count(*) AS n FROM sekali.event'))[0]?.n)
}

async function end(copying: RunningProcess, signal: NodeJS.Signals) {
  copying.child.kill(signal)
  return copying.exited
}

test('a copy that is killed goes on where it was', async (t) => {
  const { from, to, many, copying } = await startLongCopy(t)
  await end(copying, 'SIGKILL')
  assert.ok((await countCopied(to)) < many.length, 'it was killed in the middle')
  const { code, stdout, stderr } = await copy(t, { from, to })
  assert.equal(code, 0, stderr)
  assert.doesNotMatch(stdout, /^40,000 rows copied/)
  assert.deepEqual(await answers(t, to), await answers(t, from))
})

test('a server takes nothing into a target that is not complete, and goes on when it is', async (t) => {
  const { from, to, many, copying } = await startLongCopy(t)
  await end(copying, 'SIGKILL')
  const copied = await countCopied(to)
  const client = clientOf(await startServerProcess(t, ['--store', to]))
  for (const refused of [
    await client.publish(...many.slice(-1)),
    await client.get('/subscriptions/s', json('PUT', { topics: ['>'] })),
    await client.get('/readyz'),
  ]) {
    assert.equal(refused.status, 503)
    assert.match(await refused.text(), /a store is being copied into this database/)
  }
  assert.equal(await countCopied(to), copied)
  const { code, stderr } = await copy(t, { from, to })
  assert.equal(code, 0, stderr)
  const ack = (await (await client.publish(...many.slice(-1000))).json()) as { duplicates: number }
  assert.equal(ack.duplicates, 1000)
  assert.equal((await client.get('/readyz')).status, 200)
  assert.equal((await client.get('/subscriptions/s')).status, 200)
})

test('a server that was there before the copy takes nothing meanwhile either', async (t) => {
  const filled = await fill(t)
  const client = clientOf(await startServerProcess(t, ['--store', filled.to]))
  assert.equal((await client.get('/readyz')).status, 200)
  const { code, stderr } = await copy(t, filled)
  assert.equal(code, 0, stderr)
  await query(filled.to, 'UPDATE sekali.lane_head SET is_copying = true')
  assert.equal((await client.publish(...events)).status, 503)
  assert.equal((await client.get('/readyz')).status, 503)
  const again = await copy(t, filled)
  assert.equal(again.code, 0, again.stderr)
  assert.match(again.stdout, /^nothing was missing/)
  assert.equal(((await (await client.publish(...events)).json()) as { duplicates: number }).duplicates, 300)
})

test('Ctrl-C stops after the commit under way, and the same command goes on', async (t) => {
  const { from, to, many, copying } = await startLongCopy(t)
  const stopped = await end(copying, 'SIGINT')
  assert.equal(stopped.code, 130, stopped.stderr)
  assert.match(stopped.stderr, /^Stopped\. The same command goes on where it stopped/)
  const copied = await countCopied(to)
  const { code, stdout, stderr } = await copy(t, { from, to })
  assert.equal(code, 0, stderr)
  assert.match(
    stdout,
    copied === many.length
      ? /^nothing was missing/
      : new RegExp(`^${(many.length - copied).toLocaleString('en')} rows copied`),
  )
})

test('a target with events of its own is refused, before anything is written', async (t) => {
  const filled = await fill(t)
  const running = await startServerProcess(t, ['--store', filled.to])
  await clientOf(running).publish(wireEvent({ event_id: 'mine' }))
  await stop(running)
  const { code, stderr } = await copy(t, filled)
  assert.equal(code, 1)
  assert.match(stderr, /the target holds other events/)
  const [row] = await query(filled.to, 'SELECT next_seq, is_copying FROM sekali.lane_head')
  assert.deepEqual(row, { next_seq: '2', is_copying: false })
})

test('a target that has seen duplicates of its own is refused, also when the source has seen more', async (t) => {
  const filled = await fill(t)
  assert.equal((await copy(t, filled)).code, 0)
  for (const [store, times] of [
    [filled.to, 1],
    [filled.from, 2],
  ] as const) {
    const running = await startServerProcess(t, ['--store', store])
    for (let time = 0; time < times; time++) await clientOf(running).publish(events[time] ?? assert.fail())
    await stop(running)
  }
  const { code, stderr } = await copy(t, filled)
  assert.equal(code, 1)
  assert.match(stderr, /the target holds other events/)
  const [head] = await query(filled.to, 'SELECT duplicate_dropped, is_copying FROM sekali.lane_head')
  assert.deepEqual(head, { duplicate_dropped: '52', is_copying: false })
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
  await query(filled.to, "UPDATE sekali.event SET payload = replace(payload, 'quoted', 'Quoted') WHERE seq = 200")
  const { code, stderr } = await copy(t, filled)
  assert.equal(code, 1)
  assert.match(stderr, /the copy is not the same as what was copied: event 200, its payload$/m)
})

test('the comparison finds a duplicate that is missing, and an event that would not be recognised', async (t) => {
  const filled = await fill(t)
  assert.equal((await copy(t, filled)).code, 0)
  for (const [change, difference] of [
    ['DELETE FROM sekali.duplicate WHERE id = 20', /: duplicate 20 is missing$/m],
    ['DELETE FROM sekali.dedup WHERE seq = 123', /: event 123 has no dedup key$/m],
  ] as const) {
    await query(filled.to, change)
    const { code, stderr } = await copy(t, filled)
    assert.equal(code, 1)
    assert.match(stderr, difference)
  }
})

test('records of duplicates that have left the source leave the target', async (t) => {
  const filled = await fill(t)
  assert.equal((await copy(t, filled)).code, 0)
  {
    using db = new DatabaseSync(filled.file)
    db.exec('DELETE FROM duplicate WHERE id <= 10')
  }
  const running = await startServerProcess(t, ['--store', filled.from])
  await clientOf(running).publish(events[0] ?? assert.fail())
  await stop(running)
  const later = await copy(t, filled)
  assert.equal(later.code, 0, later.stderr)
  assert.match(later.stdout, /^1 rows copied in /)
  assert.deepEqual(await answers(t, filled.to), await answers(t, filled.from))
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
    [['--from', from, '--to', 'postgres://sekali:secret@h/x?target_session_attrs=no'], 2, /--to must have one of/],
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
