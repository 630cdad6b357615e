/** A primary and two standbys that a script promotes, as Patroni would: every commit waits for one of the standbys. */
import { afterTest, type Scope } from './after-test.ts'
import { until } from './nodes.ts'
import { PostgresServer } from './postgres-server.ts'

const standbyNames = ['s1', 's2', 's3'] as const
const everyMember = {
  wal_level: 'replica',
  max_wal_senders: 10,
  hot_standby: 'on',
  wal_receiver_timeout: '5s',
  wal_retrieve_retry_interval: '100ms',
  wal_keep_size: '256MB',
}

export class ReplicatedPostgres {
  #primary: PostgresServer
  #standbys: PostgresServer[]
  readonly #names: Map<PostgresServer, string>

  private constructor(primary: PostgresServer, standbys: PostgresServer[], names: Map<PostgresServer, string>) {
    this.#primary = primary
    this.#standbys = standbys
    this.#names = names
  }

  static async create(t: Scope): Promise<ReplicatedPostgres> {
    const primary = await PostgresServer.create(everyMember)
    afterTest(t, () => primary.remove())
    const names = new Map([[primary, standbyNames[0] as string]])
    const standbys: PostgresServer[] = []
    for (const name of standbyNames.slice(1)) {
      const standby = await primary.createStandby(name, everyMember)
      afterTest(t, () => standby.remove())
      names.set(standby, name)
      standbys.push(standby)
    }
    const cluster = new ReplicatedPostgres(primary, standbys, names)
    await cluster.#requireReplication()
    return cluster
  }

  get primary(): PostgresServer {
    return this.#primary
  }

  get standbys(): readonly PostgresServer[] {
    return this.#standbys
  }

  /** With every member as a host, as a client that survives a failover has it. */
  url(database: string): string {
    const hosts = [...this.#names.keys()].map(({ port }) => `127.0.0.1:${port}`)
    return `postgres://sekali@${hosts.join(',')}/${database}?target_session_attrs=read-write`
  }

  async createDatabase(): Promise<string> {
    return this.url(new URL(await this.#primary.createDatabase()).pathname.slice(1))
  }

  /**
   * Makes the standby that is furthest the primary, when the one before is gone or shut out; the other follows it. The old one
   * stays out.
   */
  async failOver(): Promise<void> {
    // What a standby receives after it was compared would count as replicated for the old primary, and be lost.
    await Promise.all(this.#standbys.map((standby) => standby.stopReceiving()))
    // One that was started a moment ago has more on its disk than it has replayed.
    await Promise.all(this.#standbys.map((standby) => until(() => hasReplayedAll(standby))))
    const ends = await Promise.all(
      this.#standbys.map(async (standby) => {
        const [row] = await standby.query(
          'postgres',
          "SELECT pg_wal_lsn_diff(greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()), '0/0')::text AS wal_end",
        )
        return { standby, walEnd: BigInt(String(row?.wal_end)) }
      }),
    )
    ends.sort((a, b) => (a.walEnd < b.walEnd ? 1 : -1))
    const [next, ...others] = ends.map(({ standby }) => standby)
    if (next === undefined) throw new Error('there is no standby')
    await next.setSynchronous(this.#others(next))
    await next.promote()
    for (const other of others) {
      await other.stop('fast')
      other.follow(next.conninfo(this.#nameOf(other)))
      await other.start()
    }
    this.#primary = next
    this.#standbys = others
  }

  async #requireReplication(): Promise<void> {
    await this.#primary.setSynchronous(this.#others(this.#primary))
  }

  #others(primary: PostgresServer): string {
    const names = [...this.#names].filter(([server]) => server !== primary).map(([, name]) => name)
    return `ANY 1 (${names.join(', ')})`
  }

  #nameOf(server: PostgresServer): string {
    return this.#names.get(server) ?? ''
  }
}

/** The process that replays waits for more. */
async function hasReplayedAll(standby: PostgresServer): Promise<boolean> {
  const waiting = `SELECT 1 FROM pg_stat_activity WHERE backend_type = 'startup'
    AND wait_event IN ('RecoveryWalStream', 'RecoveryRetrieveRetryInterval')`
  return (await standby.query('postgres', waiting)).length > 0
}
