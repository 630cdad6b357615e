/** PostgreSQL: one INSERT … SELECT FROM unnest … ON CONFLICT DO NOTHING a batch, which is its own transaction. */
import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { chownSync, globSync, writeFileSync } from 'node:fs'
import { totalmem } from 'node:os'
import { dirname, join } from 'node:path'
import type { BenchEvent } from '../../src/cli/bench-events.ts'
import type { Peer } from './peer.ts'
import { executeStatement, openPostgresqlConnection, parseStatement, simpleQuery } from './postgresql-wire.ts'
import { availabilityOf, findProgram, openServer, type ProgramUser, type ServerPlace } from './server-process.ts'

const createTable = `
CREATE TABLE event (
  topic text NOT NULL,
  event_id text NOT NULL,
  timestamp text NOT NULL,
  source text NOT NULL,
  payload text NOT NULL,
  PRIMARY KEY (topic, event_id)
)`
const user = 'bench'
const statement = 'append'
const columns = ['topic', 'event_id', 'timestamp', 'source', 'payload'] as const
const insert = `
INSERT INTO event (topic, event_id, timestamp, source, payload)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[])
ON CONFLICT DO NOTHING`

interface PostgresqlRequest {
  readonly bytes: Buffer
  readonly events: number
}

// Debian keeps the server out of PATH, one folder a version.
const serverProgram = findProgram('postgres', globSync('/usr/lib/postgresql/*/bin').sort().reverse())

export const postgresqlPeer: Peer<PostgresqlRequest> = {
  name: 'postgresql',
  durability: 'fsync=on, synchronous_commit=on, the WAL is synced before the ack: survives a power cut',
  hasDedup: true,
  availability: () => availabilityOf(serverProgram),
  async open() {
    if (serverProgram === undefined) throw new Error('PostgreSQL is not installed')
    const program = serverProgram
    const password = randomUUID()
    await using opened = new AsyncDisposableStack()
    const connectTo = (port: number) => openPostgresqlConnection(port, { user, password })
    // It listens before it takes clients.
    const tryLogin = async (port: number) => (await connectTo(port))[Symbol.asyncDispose]()
    const { port } = opened.use(
      await openServer((place) => {
        const runAs = serverUser()
        createCluster({ place, runAs, initdb: join(dirname(program), 'initdb'), password })
        // At once, without a last checkpoint: the data are thrown away.
        return { program, args: serverArgs(place), user: runAs, stopSignal: 'SIGQUIT' }
      }, tryLogin),
    )
    const control = opened.use(await connectTo(port))
    await control.send(simpleQuery(createTable))
    const owned = opened.move()
    return {
      encode: (events) => ({ bytes: executeStatement(statement, columnArrays(events)), events: events.length }),
      async openClient() {
        const connection = await connectTo(port)
        await connection.send(parseStatement(statement, insert))
        return {
          async append({ bytes, events }) {
            const { commandTag } = await connection.send(bytes)
            const unique = Number(commandTag.split(' ')[2])
            return { unique, duplicates: events - unique }
          },
          [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
        }
      },
      countStored: async () => Number((await control.send(simpleQuery('SELECT count(*) FROM event'))).value),
      [Symbol.asyncDispose]: () => owned.disposeAsync(),
    }
  },
}

/** The server refuses to run as root; Debian's package brings a user for it. */
function serverUser(): ProgramUser | undefined {
  if (process.getuid?.() !== 0) return undefined
  const idOf = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }))
  return { uid: idOf('-u'), gid: idOf('-g') }
}

interface ClusterOptions {
  readonly place: ServerPlace
  readonly runAs: ProgramUser | undefined
  readonly initdb: string
  readonly password: string
}

/** With a password: whoever may connect as superuser can run programs as the server's user. */
function createCluster({ place: { folder }, runAs, initdb, password }: ClusterOptions): void {
  const passwordFile = join(folder, 'password')
  writeFileSync(passwordFile, password, { mode: 0o600 })
  if (runAs !== undefined) for (const path of [folder, passwordFile]) chownSync(path, runAs.uid, runAs.gid)
  const options = `--username=${user} --auth=password --encoding=UTF8 --locale=C --no-sync`.split(' ')
  const args = [...options, `--pwfile=${passwordFile}`, join(folder, 'cluster')]
  execFileSync(initdb, args, { ...runAs, cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] })
}

/** Memory as the manual advises (a quarter for shared_buffers), and room for the WAL between two checkpoints. */
function serverArgs({ folder, port }: ServerPlace): string[] {
  const settings = {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: '',
    shared_buffers: `${Math.floor(totalmem() / 4 / 2 ** 20)}MB`,
    max_wal_size: '4GB',
    fsync: 'on',
    synchronous_commit: 'on',
  }
  const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  return ['-D', join(folder, 'cluster'), ...args]
}

/** Sorted by key: transactions that wait for each other's keys always do so in one order, so they cannot deadlock. */
function columnArrays(events: readonly BenchEvent[]): string[] {
  const keyOf = ({ topic, event_id }: BenchEvent) => `${topic}/${event_id}`
  const sorted = events
    .map((event) => ({ event, key: keyOf(event) }))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ event }) => event)
  return columns.map((column) => arrayText(sorted.map((event) => event[column])))
}

function arrayText(values: readonly string[]): string {
  return `{${values.map((value) => `"${value.replaceAll(/["\\]/g, '\\$&')}"`).join(',')}}`
}
