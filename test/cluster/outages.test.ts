/** Nodes and their PostgreSQL go and come back under load: nothing acknowledged is lost, nothing is stored twice. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { wireEvent } from '../support/events.ts'
import { ready, until } from '../support/nodes.ts'
import { PostgresServer } from '../support/postgres-server.ts'
import { startServerProcess } from '../support/process.ts'
import { assertStoredOnce, startRetryingLoad } from '../support/retrying-load.ts'
import { clientOf, startTestServer } from '../support/server.ts'

async function newPostgres(t: TestContext): Promise<PostgresServer> {
  const postgres = await PostgresServer.create()
  t.after(() => postgres.remove())
  return postgres
}

test('kill -9 of a node under load loses nothing, and the other node goes on', async (t) => {
  const postgres = await newPostgres(t)
  const store = await postgres.createDatabase()
  const [first, second] = await Promise.all([1, 2].map(() => startServerProcess(t, ['--store', store])))
  assert.ok(first && second)
  await Promise.all([first, second].map((node) => ready(clientOf(node))))
  const load = startRetryingLoad(() => [first.url, second.url])
  await load.more(1000)
  first.child.kill('SIGKILL')
  await load.more(1000)
  await load.stop()
  await assertStoredOnce(second.url, load)
})

for (const mode of ['immediate', 'kill', 'fast'] as const) {
  test(`PostgreSQL stopped (${mode}) and started again under load: 503 meanwhile, and nothing is lost`, async (t) => {
    const postgres = await newPostgres(t)
    const store = await postgres.createDatabase()
    const nodes = await Promise.all([1, 2].map(() => startTestServer(t, { store })))
    await Promise.all(nodes.map(ready))
    const load = startRetryingLoad(() => nodes.map(({ url }) => url))
    for (let round = 0; round < 2; round++) {
      await load.more(1000)
      await postgres.stop(mode)
      const refusedBefore = load.refused.get(503) ?? 0
      await until(async () => (load.refused.get(503) ?? 0) > refusedBefore + 10)
      await Promise.all(nodes.map((node) => until(async () => (await node.get('/readyz')).status === 503)))
      await postgres.start()
    }
    await load.more(1000)
    await load.stop()
    for (const node of nodes) await assertStoredOnce(node.url, load)
  })
}

test('a node that starts before PostgreSQL waits for it, says so, and then is ready by itself', async (t) => {
  const postgres = await newPostgres(t)
  const store = await postgres.createDatabase()
  await postgres.stop('fast')
  const node = await startTestServer(t, { store })
  const refused = await node.publish(wireEvent())
  assert.deepEqual([refused.status, refused.headers.has('retry-after')], [503, true])
  assert.equal((await node.get('/readyz')).status, 503)
  assert.equal((await node.get('/livez')).status, 200)
  assert.equal((await node.get('/events/stream')).status, 503)
  await until(async () => node.logLines.some((line) => line.includes('waiting for PostgreSQL')))
  const failed = node.logLines.filter((line) => line.includes('a commit failed')).map((line) => JSON.parse(line))
  assert.deepEqual(
    failed.map(({ code, err }) => [code, err]),
    [['store_unavailable', undefined]],
    'one line a commit, without a stack',
  )
  assert.match(failed[0].reason, /ECONNREFUSED/)
  await postgres.start()
  await ready(node)
  assert.equal((await node.publish(wireEvent())).status, 202)
  await until(async () => node.logLines.some((line) => line.includes('PostgreSQL is there')))
})

test('a server that does not keep what it acknowledges is not written to', async (t) => {
  const postgres = await PostgresServer.create({ fsync: 'off' })
  t.after(() => postgres.remove())
  const node = await startTestServer(t, { store: await postgres.createDatabase() })
  assert.equal((await node.publish(wireEvent())).status, 503)
  const notReady = await node.get('/readyz')
  assert.equal(notReady.status, 503)
  assert.match(await notReady.text(), /fsync = off/)
})

test('an answer of /stats says what an acknowledged commit survives', async (t) => {
  const postgres = await newPostgres(t)
  const node = await startTestServer(t, { store: await postgres.createDatabase() })
  await ready(node)
  assert.match((await node.getJson('/stats')).store.durability, /no standby is waited for/)
})
