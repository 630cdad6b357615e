/** A PostgreSQL that is there and does not do what is asked: full, read-only, frozen. Publishers are told to try again, in time. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import pg from 'pg'
import { wireEvent } from '../support/events.ts'
import { ready, until } from '../support/nodes.ts'
import { PostgresServer } from '../support/postgres-server.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

async function startNode(t: TestContext, settings: Record<string, string | number> = {}) {
  const postgres = await PostgresServer.create(settings)
  t.after(() => postgres.remove())
  const store = await postgres.createDatabase()
  return { postgres, store, node: await startTestServer(t, { store }) }
}

async function assertRefused(node: TestServer): Promise<void> {
  const answer = await node.publish(wireEvent({ event_id: 'refused' }))
  assert.deepEqual([answer.status, answer.headers.has('retry-after')], [503, true], await answer.text())
}

/** Resolves when the very event that was refused is stored, once. */
async function assertHealed(node: TestServer): Promise<void> {
  await ready(node)
  await until(async () => (await node.publish(wireEvent({ event_id: 'refused' }))).status === 202)
  assert.equal(
    (await node.getJson('/topics')).topics.reduce((sum: number, { events }: { events: number }) => sum + events, 0),
    1,
  )
}

test('a server without a free connection is waited for', async (t) => {
  const postgres = await PostgresServer.create({ max_connections: 20, superuser_reserved_connections: 0 })
  t.after(() => postgres.remove())
  const store = await postgres.createDatabase()
  const others: pg.Client[] = []
  t.after(() => Promise.all(others.map((other) => other.end().catch(() => {}))))
  for (;;) {
    const other = new pg.Client(store)
    other.on('error', () => {})
    try {
      await other.connect()
    } catch {
      break
    }
    others.push(other)
  }
  const node = await startTestServer(t, { store })
  await assertRefused(node)
  assert.match(await (await node.get('/readyz')).text(), /too many clients/)
  for (const other of others.splice(0)) await other.end()
  await assertHealed(node)
})

test('a database that became read-only takes nothing, and takes events again when it may', async (t) => {
  const { postgres, store, node } = await startNode(t)
  await ready(node)
  const setReadOnly = (value: 'on' | 'off') =>
    postgres.query(
      'postgres',
      `ALTER DATABASE ${new URL(store).pathname.slice(1)} SET default_transaction_read_only = ${value}`,
    )
  await setReadOnly('on')
  await postgres.stop('fast')
  await postgres.start()
  await assertRefused(node)
  assert.match(await (await node.get('/readyz')).text(), /read-only/)
  await setReadOnly('off')
  await assertHealed(node)
})

test('a server that stands still holds publishers up for seconds, not for ever, and what it did is not done twice', async (t) => {
  const { postgres, node } = await startNode(t)
  await ready(node)
  await postgres.signalAll('SIGSTOP')
  await assertRefused(node)
  await postgres.signalAll('SIGCONT')
  await assertHealed(node)
})
