/**
 * What becomes of two nodes over three PostgreSQL servers with synchronous replication, of which one or two die, stand still
 * or are shut out under load. A script promotes a standby, as Patroni would.
 */
import { afterTest, type Scope } from '../../test/support/after-test.ts'
import { ready, until } from '../../test/support/nodes.ts'
import type { PostgresServer } from '../../test/support/postgres-server.ts'
import { ReplicatedPostgres } from '../../test/support/replicated-postgres.ts'
import { assertStoredOnce, type RetryingLoad, startRetryingLoad } from '../../test/support/retrying-load.ts'
import { startTestServer, type TestServer } from '../../test/support/server.ts'

export interface Cluster {
  readonly postgres: ReplicatedPostgres
  readonly nodes: readonly TestServer[]
}

export async function startCluster(scope: Scope): Promise<Cluster> {
  const postgres = await ReplicatedPostgres.create(scope)
  const store = await postgres.createDatabase()
  const nodes = await Promise.all([1, 2].map(() => startTestServer(scope, { store })))
  await Promise.all(nodes.map(ready))
  return { postgres, nodes }
}

export interface Outage {
  /** Events that are acknowledged before it, at least, and after it. */
  readonly events: number
}

/** @throws AssertionError when something acknowledged is lost, or stored twice. */
export type ClusterOutage = (scope: Scope, outage: Outage) => Promise<RetryingLoad>

/** kill -9. @returns the load, and how long nothing was acknowledged. */
export async function killPrimary(
  scope: Scope,
  { events }: Outage,
): Promise<RetryingLoad & { readonly firstAckMs: number }> {
  const { postgres, nodes } = await startCluster(scope)
  const load = loadOn(scope, nodes)
  await load.more(events)
  // It dies with a commit on its disk that no standby has: what would be acknowledged now would be lost.
  await stopStandbys(postgres, load)
  const killedAtMs = performance.now()
  await postgres.primary.stop('kill')
  for (const standby of postgres.standbys) await standby.start()
  await postgres.failOver()
  await load.more(events)
  await assertNothingLost(nodes, load)
  // Answers that were on their way at the kill still come; the first one after the longest pause is what is asked for.
  const times = load.ackTimesMs.filter((ms) => ms > killedAtMs)
  const pauses = times.map((ms, index) => ms - (times[index - 1] ?? killedAtMs))
  const firstAckMs = (times[pauses.indexOf(Math.max(...pauses))] ?? Number.NaN) - killedAtMs
  return { ...load, firstAckMs }
}

/** It stands still while another one is promoted, and then goes on. */
export async function suspendPrimary(scope: Scope, { events }: Outage): Promise<RetryingLoad> {
  const { postgres, nodes } = await startCluster(scope)
  const load = loadOn(scope, nodes)
  await load.more(events)
  const old = postgres.primary
  await old.signalAll('SIGSTOP')
  await postgres.failOver()
  await old.signalAll('SIGCONT')
  await load.more(events)
  await load.stop()
  // A node may still read from the old one, until it has tried to write.
  await Promise.all(nodes.map(ready))
  await assertNothingLost(nodes, load)
  return load
}

/** Commits wait, and succeed when a standby is back. */
export async function loseStandbys(scope: Scope, { events }: Outage): Promise<RetryingLoad> {
  const { postgres, nodes } = await startCluster(scope)
  const load = loadOn(scope, nodes)
  await load.more(events)
  await stopStandbys(postgres, load)
  for (const standby of postgres.standbys) await standby.start()
  await load.more(events)
  await assertNothingLost(nodes, load)
  return load
}

/**
 * Somebody cancels the commits that wait for a standby, which PostgreSQL answers as if they were safe; then the primary dies,
 * and they are lost with it.
 */
export async function cancelWaits(scope: Scope, { events }: Outage): Promise<RetryingLoad> {
  const { postgres, nodes } = await startCluster(scope)
  const load = loadOn(scope, nodes)
  await load.more(events)
  await stopStandbys(postgres, load)
  const cancel = "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
  const refusals = () => load.refused.get(503) ?? 0
  const refusedBefore = refusals()
  await until(async () => (await postgres.primary.query('postgres', cancel)).length > 0)
  await until(async () => refusals() > refusedBefore)
  await postgres.primary.stop('kill')
  for (const standby of postgres.standbys) await standby.start()
  await postgres.failOver()
  await load.more(events)
  await assertNothingLost(nodes, load)
  return load
}

function loadOn(scope: Scope, nodes: readonly TestServer[]): RetryingLoad {
  const load = startRetryingLoad(() => nodes.map(({ url }) => url))
  afterTest(scope, () => load.abandon())
  return load
}

/** Resolves when a commit waits for them. */
async function stopStandbys(postgres: ReplicatedPostgres, load: RetryingLoad): Promise<void> {
  for (const standby of postgres.standbys) await standby.stop('immediate')
  await Promise.race([until(() => isWaitingForStandby(postgres.primary)), load.more(5000)])
}

async function isWaitingForStandby(primary: PostgresServer): Promise<boolean> {
  const waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
  return (await primary.query('postgres', waiting)).length > 0
}

async function assertNothingLost(nodes: readonly TestServer[], load: RetryingLoad): Promise<void> {
  await load.stop()
  for (const node of nodes) await assertStoredOnce(node.url, load)
}
