/**
 * The check of a PostgreSQL store: the same as of a file, in SQL, in one read-only snapshot. Rows have no checksums here:
 * PostgreSQL's own are of pages, and are compared whenever it reads one from the disk, if the cluster was made with them.
 */
import type { StoreVerification, VerificationReport } from '../../../core/store-verification.ts'
import { CheckLog } from '../../check-log.ts'
import type { Connection, Row } from '../connection.ts'
import { onlyLane, requireNewestSchema } from '../migrations.ts'
import { isCorruption } from '../postgres-error.ts'
import { parseServerUrl } from '../server-url.ts'
import { openSession } from '../session.ts'
import { checkDedup } from './dedup-check.ts'
import { type SqlCheck, sqlChecks } from './sql-checks.ts'

/** Of one statement; of a store of any size. */
const limitMs = 24 * 60 * 60 * 1000

type Ask = (text: string) => Promise<readonly Row[]>

/** @param url as `parseServerUrl`. */
export function openPostgresVerification(url: string): StoreVerification {
  return {
    async run({ signal, onProgress }) {
      signal.throwIfAborted()
      const { hostUrls, attributes } = parseServerUrl(url)
      const connection = await openSession({ hostUrls, mustTakeWrites: attributes !== 'any', use: 'read' })
      // It only reads: nobody waits for what it leaves under way.
      const stop = () => connection.drop('the check was stopped')
      signal.addEventListener('abort', stop, { once: true })
      try {
        return await verify(connection, (check) => onProgress({ check, fraction: undefined }))
      } catch (thrown) {
        signal.throwIfAborted()
        throw thrown
      } finally {
        signal.removeEventListener('abort', stop)
        await connection.close()
      }
    },
  }
}

async function verify(connection: Connection, begin: (check: string) => void): Promise<VerificationReport> {
  await requireNewestSchema(connection)
  // Whole tables are read here: what keeps the planner to indexes elsewhere would be in the way.
  for (const name of ['seqscan', 'bitmapscan', 'hashjoin', 'mergejoin', 'sort']) {
    await connection.run(`SET enable_${name} = on`)
  }
  await connection.run('SET statement_timeout = 0')
  await connection.run('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
  const ask: Ask = async (text) => (await connection.run(text, limitMs)).rows
  const [head] = await ask(`SELECT next_seq - 1 AS last_seq, is_copying FROM lane_head WHERE lane = ${onlyLane}`)
  const settings = await checkSettings(ask)
  if (head?.is_copying === true) settings.note('a store is being copied into this database: it is not complete')
  const dedup = new CheckLog('dedup_index', 'keys')
  const checks: [CheckLog, () => Promise<void>][] = [
    [dedup, () => checkDedup(ask, dedup)],
    ...sqlChecks.map((check): [CheckLog, () => Promise<void>] => {
      const log = new CheckLog(check.name, check.unit)
      return [log, () => runSqlCheck(ask, check, log)]
    }),
  ]
  for (const [log, check] of checks) {
    begin(log.name)
    // A server that cannot read a page ends the session, and with it the snapshot.
    if (connection.isLost) log.note('not checked')
    else await orProblem(log, check)
  }
  const lastSeq = head === undefined ? undefined : Number(head.last_seq)
  const logs = [settings, ...checks.map(([log]) => log)]
  return { engine: 'postgres', lastSeq, checks: logs.map((log) => log.report()), advice: [] }
}

async function runSqlCheck(ask: Ask, { count, problems }: SqlCheck, log: CheckLog): Promise<void> {
  log.checked = Number((await ask(count))[0]?.n)
  for (const text of problems) await takeProblems(ask, text, log)
}

async function takeProblems(ask: Ask, text: string, log: CheckLog): Promise<void> {
  const rows = await ask(`SELECT count(*) OVER () AS total, text FROM (${text}) AS found LIMIT 100`)
  for (const row of rows) log.problem(String(row.text))
  log.more(Number(rows[0]?.total ?? 0) - rows.length)
}

async function orProblem(log: CheckLog, check: () => Promise<void>): Promise<void> {
  try {
    await check()
  } catch (thrown) {
    if (!isCorruption(thrown)) throw thrown
    log.problem(`PostgreSQL cannot read what it holds: ${(thrown as Error).message}`)
  }
}

async function checkSettings(ask: Ask): Promise<CheckLog> {
  const log = new CheckLog('checksums', 'settings')
  const [row] = await ask("SELECT current_setting('data_checksums') AS data_checksums")
  log.checked++
  log.note(
    row?.data_checksums === 'on'
      ? 'data_checksums is on: PostgreSQL compares the checksum of each page that it reads from the disk'
      : 'data_checksums is off: a flipped bit in what is stored is not noticed; pg_checksums --enable turns it on',
  )
  log.note('rows have no checksums of their own here, and indexes are taken for right: pg_amcheck looks into them')
  return log
}
