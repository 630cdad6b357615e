/**
 * Three PostgreSQL servers with synchronous replication, whose primary dies or is shut out under load. A script promotes a
 * standby, as Patroni would.
 */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { wireEvent } from '../support/events.ts'
import type { PostgresServer } from '../support/postgres-server.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { ready, until } from './nodes.ts'
import { ReplicatedPostgres } from './replicated-postgres.ts'
import { assertStoredOnce, type RetryingLoad, startRetryingLoad } from './retrying-load.ts'

const rounds = 3

async function startCluster(t: TestContext): Promise<{ postgres: ReplicatedPostgres; nodes: TestServer[] }> {
  const postgres = await ReplicatedPostgres.create(t)
  const store = await postgres.createDatabase()
  const nodes = await Promise.all([1, 2].map(() => startTestServer(t, { store })))
  await Promise.all(nodes.map(ready))
  return { postgres, nodes }
}

function loadOn(nodes: readonly TestServer[]): RetryingLoad {
  return startRetryingLoad(() => nodes.map(({ url }) => url))
}

async function isWaitingForStandby(primary: PostgresServer): Promise<boolean> {
  const waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
  return (await primary.query('postgres', waiting)).length > 0
}

for (let round = 1; round <= rounds; round++) {
  test(`kill -9 of the primary under load loses nothing and stores nothing twice (round ${round})`, async (t) => {
    const { postgres, nodes } = await startCluster(t)
    const load = loadOn(nodes)
    await load.more(2000)
    // It dies with a commit on its disk that no standby has: what would be acknowledged now would be lost.
    for (const standby of postgres.standbys) await standby.stop('immediate')
    await Promise.race([until(() => isWaitingForStandby(postgres.primary)), load.more(5000)])
    const killedAtMs = performance.now()
    await postgres.primary.stop('kill')
    for (const standby of postgres.standbys) await standby.start()
    await postgres.failOver()
    await load.more(2000)
    await load.stop()
    // Answers that were on their way at the kill still come; the first one after the longest pause is what is asked for.
    const times = load.ackTimesMs.filter((ms) => ms > killedAtMs)
    const pauses = times.map((ms, index) => ms - (times[index - 1] ?? killedAtMs))
    const firstAckMs = (times[pauses.indexOf(Math.max(...pauses))] ?? Number.NaN) - killedAtMs
    t.diagnostic(`${load.acknowledged.length} acknowledged, first ack ${Math.round(firstAckMs)} ms after the kill`)
    for (const node of nodes) await assertStoredOnce(node.url, load)
  })
}

test('a primary that stood still and goes on after another was promoted acknowledges nothing', async (t) => {
  const { postgres, nodes } = await startCluster(t)
  const load = loadOn(nodes)
  await load.more(1000)
  const old = postgres.primary
  await old.signalAll('SIGSTOP')
  await postgres.failOver()
  await old.signalAll('SIGCONT')
  await load.more(1000)
  await load.stop()
  // A node may still read from the old one, until it has tried to write.
  await Promise.all(nodes.map(ready))
  for (const node of nodes) await assertStoredOnce(node.url, load)
})

test('a duplicate of what is not replicated yet is not acknowledged before it is', async (t) => {
  const { postgres, nodes } = await startCluster(t)
  const [first, second] = nodes
  assert.ok(first && second)
  for (const standby of postgres.standbys) await standby.signalAll('SIGSTOP')
  const event = wireEvent()
  // Its commit is flushed by the primary, and waits for a standby.
  assert.equal((await first.publish(event)).status, 503)
  await postgres.primary.stop('immediate')
  await postgres.primary.start()
  await until(async () => (await second.get('/events?limit=1')).status === 200)
  assert.equal((await second.getJson('/events')).total, 1, 'the event is there to be found')
  assert.equal((await second.publish(event)).status, 503)
  for (const standby of postgres.standbys) await standby.signalAll('SIGCONT')
  await until(async () => (await second.publish(event)).status === 202)
  const { unique_processed } = await first.getJson('/stats')
  assert.equal(unique_processed, 1)
})

test('without a standby writes stop and reads go on; with one again writes do too', async (t) => {
  const { postgres, nodes } = await startCluster(t)
  const [first, second] = nodes
  assert.ok(first && second)
  const event = wireEvent()
  assert.equal((await first.publish(event)).status, 202)
  const [standby, other] = postgres.standbys
  assert.ok(standby && other)
  await other.stop('fast')
  assert.equal((await first.publish(wireEvent())).status, 202, 'one standby is enough')
  await standby.stop('fast')
  const refused = await first.publish(wireEvent())
  assert.deepEqual([refused.status, refused.headers.has('retry-after')], [503, true])
  assert.equal((await first.get('/readyz')).status, 503)
  assert.equal((await second.get(`/events/${event.topic}/${event.event_id}`)).status, 200)
  assert.match((await second.getJson('/stats')).store.durability, /ANY 1 \(s2, s3\)/)
  await standby.start()
  await until(async () => (await second.publish(wireEvent())).status === 202)
  await ready(first)
})
