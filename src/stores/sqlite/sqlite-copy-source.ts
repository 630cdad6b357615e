/** A stopped SQLite store as rows, to be moved to another engine. Keeps every other process off the file meanwhile. */
import type { DatabaseSync } from 'node:sqlite'
import { type CopiedLog, type CopiedState, type CopyRow, type CopySource, idColumnOf } from '../../core/store-copy.ts'
import { requireStored } from './event-row.ts'
import { canonicalPath, lockDatabase, openForReading, openForWriting } from './open-database.ts'

const maxRows = 2000
const maxChars = 4 * 1024 * 1024

const logQueries: Readonly<Record<CopiedLog, string>> = {
  event: `SELECT e.seq, e.processed_ms, e.instant_ms, e.instant_fraction, t.name AS topic, e.event_id, e.timestamp, e.source, e.payload, e.checksum
    FROM event e JOIN topic t ON t.id = e.topic_id WHERE e.seq > ? ORDER BY e.seq LIMIT ?`,
  duplicate: `SELECT d.id, d.seq, d.seen_ms, t.name AS topic, e.event_id, d.source
    FROM duplicate d JOIN topic t ON t.id = d.topic_id JOIN event e ON e.seq = d.seq WHERE d.id > ? ORDER BY d.id LIMIT ?`,
  conflict: `SELECT d.id, d.seq, d.seen_ms, t.name AS topic, e.event_id, d.source, d.timestamp, d.payload
    FROM conflict d JOIN topic t ON t.id = d.topic_id JOIN event e ON e.seq = d.seq WHERE d.id > ? ORDER BY d.id LIMIT ?`,
}

/** Of deliveries and late acks only those of the epoch that is: the others are void, and on their way out. */
const ofEpoch = 'JOIN subscription s ON s.id = d.subscription_id AND s.epoch = d.epoch'
const stateQueries: Readonly<Record<Exclude<keyof CopiedState, 'counters'>, string>> = {
  topic: `SELECT name, events, duplicates, conflicts, last_seq, first_seen_ms, last_seen_ms FROM topic
    WHERE events + duplicates > 0 ORDER BY name`,
  received_rate: `SELECT level, kind, start_s, name, events, duplicates, conflicts FROM received_rate
    ORDER BY level, kind, start_s, name`,
  subscription: `SELECT id, name, topics, push, start, lease_ms, max_attempts, created_ms, lower(hex(lease_secret)) AS lease_secret,
    epoch, cursor, acked, redelivered, dead_letters,
    (SELECT count(*) FROM late_ack a WHERE a.subscription_id = s.id AND a.epoch = s.epoch) AS late_acks,
    forgotten_through, paused_reason, failing_since_ms FROM subscription s ORDER BY id`,
  delivery: `SELECT d.subscription_id, d.seq, d.attempts, d.fence, d.is_leased, d.due_ms FROM delivery d ${ofEpoch}
    ORDER BY d.subscription_id, d.seq`,
  late_ack: `SELECT d.subscription_id, d.seq, d.fence FROM late_ack d ${ofEpoch} ORDER BY d.subscription_id, d.seq`,
  dead_letter: `SELECT d.subscription_id, d.seq, d.epoch, d.fence, d.attempts, d.at_ms, d.reason
    FROM dead_letter d JOIN subscription s ON s.id = d.subscription_id ORDER BY d.subscription_id, d.seq`,
}

/** Brings the file to the newest schema. @throws AppError as `openSqliteEventStore`. */
export function openSqliteCopySource(path: string): CopySource {
  using opened = new DisposableStack()
  const file = canonicalPath(path)
  opened.adopt(lockDatabase(file), (lock) => lock.close())
  openForWriting(file).close()
  const db = opened.adopt(openForReading(file), (reader) => reader.close())
  const resources = opened.move()
  return {
    async extent(log) {
      const id = idColumnOf(log)
      const row = db
        .prepare(`SELECT coalesce(min(${id}), 0) AS first, coalesce(max(${id}), 0) AS last FROM ${log}`)
        .get()
      return { firstId: Number(row?.first), lastId: Number(row?.last) }
    },
    async countRows(log, throughId) {
      const row = db.prepare(`SELECT count(*) AS n FROM ${log} WHERE ${idColumnOf(log)} <= ?`).get(throughId)
      return Number(row?.n)
    },
    readRows: async (log, afterId) => readRows(db, log, afterId),
    async readState() {
      const rows = (table: keyof typeof stateQueries) => db.prepare(stateQueries[table]).all().map(rowOf)
      return {
        counters: rowOf(db.prepare(countersQuery).get() ?? {}),
        topic: rows('topic'),
        received_rate: rows('received_rate'),
        subscription: rows('subscription'),
        delivery: rows('delivery'),
        late_ack: rows('late_ack'),
        dead_letter: rows('dead_letter'),
      }
    },
    [Symbol.asyncDispose]: async () => resources.dispose(),
  }
}

const countersQuery =
  'SELECT received, unique_processed, duplicate_dropped, conflicts, conflict_rows, conflict_bytes FROM counters'

function readRows(db: DatabaseSync, log: CopiedLog, afterId: number): CopyRow[] {
  const rows: CopyRow[] = []
  let chars = 0
  for (const { checksum, ...row } of db.prepare(logQueries[log]).iterate(afterId, maxRows)) {
    if (log === 'event') requireStored(row, checksum)
    rows.push(rowOf(row))
    chars += String(row.payload ?? '').length + String(row.event_id).length
    if (chars > maxChars) break
  }
  return rows
}

/** Objects of `node:sqlite` have no prototype, which comparisons would see. */
function rowOf(row: Readonly<Record<string, unknown>>): CopyRow {
  return { ...(row as CopyRow) }
}
