/** Several nodes over one PostgreSQL, in this process. */
import type { TestContext } from 'node:test'
import { sharedPostgres } from './postgres-server.ts'
import { startTestServer, type TestServer } from './server.ts'

/** Nodes over a new database that are ready; closed after the test. */
export async function startNodes(t: TestContext, count: number): Promise<TestServer[]> {
  const store = await (await sharedPostgres()).createDatabase()
  // Together, as a rollout does: one of them makes the schema.
  const nodes = await Promise.all(Array.from({ length: count }, () => startTestServer(t, { store })))
  await Promise.all(nodes.map(ready))
  return nodes
}

/** Resolves when a node says that it is ready and knows the end of the log. */
export async function ready(node: Pick<TestServer, 'get'>): Promise<void> {
  await until(async () => (await node.get('/readyz')).status === 200)
  await until(async () => {
    const stop = new AbortController()
    const { status } = await node.get('/events/stream', { signal: stop.signal })
    stop.abort()
    return status === 200
  })
}

export async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 20))
}

export function postJson(node: Pick<TestServer, 'post'>, path: string, body: object): Promise<Response> {
  return node.post(path, JSON.stringify(body))
}
