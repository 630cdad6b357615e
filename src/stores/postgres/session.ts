/** A connection as the store needs it: to the primary, with settings that this store's promises rest on. */
import { AppError } from '../../core/errors.ts'
import { Connection } from './connection.ts'
import { isUnsupportedSetting } from './postgres-error.ts'

/** Where all tables are. */
export const schemaName = 'sekali'

const minServerVersion = 150_000

const everySession: readonly string[] = [
  `search_path = ${schemaName}`,
  'client_min_messages = warning',
  // Every statement here walks an index, whatever its parameters. A planner that has no statistics of a young table yet must not
  // think otherwise: measured, a join of all keys with all keys was its choice for the first batches.
  'enable_seqscan = off',
  'enable_bitmapscan = off',
  'enable_hashjoin = off',
  'enable_mergejoin = off',
  'enable_sort = off',
  'plan_cache_mode = force_generic_plan',
  'jit = off',
  // A database may have one of its own. It would be a cancel request, and might meet a commit.
  'statement_timeout = 0',
]

const writingSession: readonly string[] = [
  // A node that stands still must not hold the others back for longer.
  'idle_in_transaction_session_timeout = 5000',
  'lock_timeout = 4000',
  // A backend whose client has dropped the socket does not wait for a lock any more.
  'client_connection_check_interval = 1000',
]

/** Of one read. Cancelling one that only reads harms nobody. */
export const readLimitMs = 30_000

const readingSession: readonly string[] = ['default_transaction_read_only = on', `statement_timeout = ${readLimitMs}`]

export interface SessionOptions {
  readonly hostUrls: readonly string[]
  readonly mustTakeWrites: boolean
  readonly use: 'read' | 'write'
}

/**
 * To the first host that can be used. Its commits wait for the standbys, whatever the database or the role says of that.
 *
 * @throws AppError `store_unavailable`.
 */
export async function openSession({ hostUrls, mustTakeWrites, use }: SessionOptions): Promise<Connection> {
  const errors: unknown[] = []
  for (const url of hostUrls) {
    try {
      const connection = await Connection.open(url)
      try {
        await requireUsable(connection, mustTakeWrites)
        await applySettings(connection, use)
        return connection
      } catch (thrown) {
        connection.drop('it cannot be used')
        throw thrown
      }
    } catch (thrown) {
      errors.push(thrown)
    }
  }
  const details = errors.map((error) => (error instanceof Error ? error.message : String(error)))
  throw new AppError('store_unavailable', details.join('; '), { cause: errors[0] })
}

async function requireUsable(connection: Connection, mustTakeWrites: boolean): Promise<void> {
  const { rows } = await connection.run(
    `SELECT current_setting('transaction_read_only') AS read_only, current_setting('server_encoding') AS encoding,
       current_setting('server_version_num')::int AS version`,
  )
  const { read_only: readOnly, encoding, version } = rows[0] ?? {}
  if (mustTakeWrites && readOnly !== 'off') throw refused('this server is read-only: it is not the primary')
  if (encoding !== 'UTF8') throw refused(`the database has the encoding ${encoding}, and must have UTF8`)
  if (Number(version) < minServerVersion) throw refused('PostgreSQL must be version 15 or newer')
}

async function applySettings(connection: Connection, use: 'read' | 'write'): Promise<void> {
  const settings = [...everySession, ...(use === 'write' ? writingSession : readingSession)]
  const applied = settings.map((setting) =>
    connection.run(`SET ${setting}`).catch((thrown: Error) => {
      // Other engines that speak PostgreSQL do not have all of them.
      if (!isUnsupportedSetting(thrown.cause)) throw thrown
    }),
  )
  await Promise.all(applied)
  await setSynchronousCommit(connection)
}

/** `remote_apply` waits for more than is needed; everything below `on` for less. */
async function setSynchronousCommit(connection: Connection): Promise<void> {
  const { rows } = await connection.run(`SELECT current_setting('synchronous_commit') AS value`)
  if (rows[0]?.value !== 'remote_apply') await connection.run('SET synchronous_commit = on')
}

function refused(detail: string): AppError {
  return new AppError('store_unavailable', `PostgreSQL cannot be used: ${detail}`)
}
