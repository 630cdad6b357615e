/** `sekali verify` on PostgreSQL: whole, while nodes append, and with rows that are not what they were. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { systemClock } from '../../../src/core/clock.ts'
import type { VerificationReport } from '../../../src/core/store-verification.ts'
import { openPostgresEventStore } from '../../../src/stores/postgres/postgres-event-store.ts'
import { openPostgresVerification } from '../../../src/stores/postgres/verify/postgres-verification.ts'
import { someEvents } from '../../contract/store-bench.ts'
import { removeSharedPostgres, sharedPostgres } from '../../support/postgres-server.ts'

after(removeSharedPostgres)

function verify(url: string): Promise<VerificationReport> {
  return openPostgresVerification(url).run({ signal: new AbortController().signal, onProgress: () => {} })
}

function described({ checks }: VerificationReport): string[] {
  return checks.flatMap((check) => check.described.map((text) => `${check.name}: ${text}`))
}

async function fill(): Promise<{ url: string; query: (text: string) => Promise<unknown> }> {
  const server = await sharedPostgres()
  const url = await server.createDatabase()
  await using store = openPostgresEventStore(url, { clock: systemClock })
  const events = someEvents(300, (index) => ({ topic: `t.${index % 5} 😀`, eventId: `Ü-${index}` }))
  await store.append(events)
  await store.append([...events.slice(0, 20), ...events.slice(0, 2).map((event) => ({ ...event, payload: '{}' }))])
  const settings = { topics: ['t.>'], leaseMs: 60_000, maxAttempts: 5, push: undefined }
  await store.subscriptions.create('s', settings, { kind: 'earliest' })
  const name = new URL(url).pathname.slice(1)
  return { url, query: (text) => server.query(name, `SET search_path = sekali; ${text}`) }
}

test('a store is checked while a node appends to it, and says what PostgreSQL checks by itself', async () => {
  const { url } = await fill()
  await using store = openPostgresEventStore(url, { clock: systemClock })
  let isDone = false
  const appending = (async () => {
    while (!isDone) await store.append([...someEvents(20), ...someEvents(2, () => ({ eventId: 'again' }))])
  })()
  const report = await verify(url)
  isDone = true
  await appending
  assert.deepEqual(described(report), [])
  assert.deepEqual(
    report.checks.map(({ name }) => name),
    ['checksums', 'dedup_index', 'events', 'counters', 'topics', 'duplicates', 'subscriptions'],
  )
  assert.match(report.checks[0]?.notes[0] ?? '', /^data_checksums is (on|off): /)
})

test('what is not as it was is found', async () => {
  const { url, query } = await fill()
  await query(`DELETE FROM event WHERE seq IN (17, 18)`)
  await query(`UPDATE dedup SET seq = 1000 WHERE seq = 30`)
  await query(`UPDATE event SET event_id = 'other' WHERE seq = 40`)
  await query(`UPDATE topic SET events = events + 1 WHERE name LIKE 't.1%'`)
  await query(`DELETE FROM duplicate WHERE id = 3`)
  await query(`UPDATE subscription SET cursor = 400`)
  const found = described(await verify(url))
  for (const text of [
    'dedup_index: the dedup table holds seq 17, which the log does not',
    'dedup_index: the dedup table holds seq 1000, which the log does not',
    'dedup_index: event 30 is not in the dedup table',
    'dedup_index: event 40 is in the dedup table under another key',
    'events: events 17 to 18 are missing',
    'counters: unique_processed is 300, but must be 298',
    'counters: unique_processed is 300, but must be 301',
    'duplicates: 19 duplicates are on record, but 20 were counted',
    'duplicates: duplicate 17 is of event 17, which is not stored',
    'subscriptions: subscription s stands at seq 400, but the log ends at 300',
  ]) {
    assert.ok(found.includes(text), `${text}\nnot in\n${found.join('\n')}`)
  }
  assert.ok(found.some((text) => text.startsWith('topics: topic t.1 😀 counts 61 events up to seq 297, but has 59')))
})

test('a pair that is stored twice is found, as it would be under two keys', async () => {
  const { url, query } = await fill()
  const { eventKey } = await import('../../../src/stores/postgres/event-key.ts')
  const second = Buffer.from(eventKey('t.0 😀', 'Ü-0', 1), 'latin1').toString('hex')
  await query(`
    INSERT INTO event SELECT lane, 301, processed_ms, instant_ms, instant_head, instant_rest, topic, event_id, "timestamp", source, payload
      FROM event WHERE seq = 1;
    INSERT INTO dedup VALUES (301, '${second}', 0)`)
  const found = described(await verify(url))
  assert.ok(
    found.includes('dedup_index: the pair ["t.0 😀","Ü-0"] is stored twice: as seq 1 and as seq 301'),
    found.join('\n'),
  )
})

test('a database without a store is refused, and stays empty', async () => {
  const server = await sharedPostgres()
  const url = await server.createDatabase()
  await assert.rejects(verify(url), /the database holds no store/)
  assert.deepEqual(
    await server.query(new URL(url).pathname.slice(1), "SELECT nspname FROM pg_namespace WHERE nspname = 'sekali'"),
    [],
  )
})
