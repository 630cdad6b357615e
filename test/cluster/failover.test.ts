/**
 * Three PostgreSQL servers with synchronous replication, whose primary dies or is shut out under load. A script promotes a
 * standby, as Patroni would.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cancelWaits, killPrimary, startCluster, suspendPrimary } from '../../torture/cluster/outages.ts'
import { wireEvent } from '../support/events.ts'
import { ready, until } from '../support/nodes.ts'

const rounds = 3

for (let round = 1; round <= rounds; round++) {
  test(`kill -9 of the primary under load loses nothing and stores nothing twice (round ${round})`, async (t) => {
    const { acknowledged, firstAckMs } = await killPrimary(t, { events: 2000 })
    t.diagnostic(`${acknowledged.length} acknowledged, first ack ${Math.round(firstAckMs)} ms after the kill`)
  })
}

test('a primary that stood still and goes on after another was promoted acknowledges nothing', async (t) => {
  await suspendPrimary(t, { events: 1000 })
})

test('commits whose wait for a standby was cancelled, and that died with the primary, were not acknowledged', async (t) => {
  await cancelWaits(t, { events: 500 })
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
