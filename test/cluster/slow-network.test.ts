/** PostgreSQL is far away, and what connects the nodes with it breaks under load: nothing is lost, nothing is stored twice. */
import { after, type TestContext, test } from 'node:test'
import { ready } from '../support/nodes.ts'
import { removeSharedPostgres, sharedPostgres } from '../support/postgres-server.ts'
import { assertStoredOnce, startRetryingLoad } from '../support/retrying-load.ts'
import { startTestServer } from '../support/server.ts'
import { type SlowNetwork, startSlowNetwork } from '../support/slow-network.ts'

after(removeSharedPostgres)

async function startBehind(t: TestContext, delayMs: number) {
  const postgres = await sharedPostgres()
  const network: SlowNetwork = await startSlowNetwork(t, postgres.port, delayMs)
  const store = new URL(await postgres.createDatabase())
  store.port = String(network.port)
  const nodes = await Promise.all([1, 2].map(() => startTestServer(t, { store: store.href })))
  await Promise.all(nodes.map(ready))
  return { nodes, network, load: startRetryingLoad(() => nodes.map(({ url }) => url)) }
}

test('a journey of 40 ms to PostgreSQL and back costs time and nothing else', async (t) => {
  const { nodes, load } = await startBehind(t, 20)
  await load.more(600)
  await load.stop()
  for (const { url } of nodes) await assertStoredOnce(url, load)
})

test('connections to PostgreSQL that break wherever they are lose nothing and double nothing', async (t) => {
  const { nodes, network, load } = await startBehind(t, 2)
  for (let round = 0; round < 25; round++) {
    await load.more(60 + ((round * 37) % 200))
    network.breakAll()
  }
  await load.more(500)
  await load.stop()
  for (const { url } of nodes) await assertStoredOnce(url, load)
})
