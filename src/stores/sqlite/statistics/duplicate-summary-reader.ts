/** What the duplicates on record say together: the copies of events, and the newest records summed up. */
import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import {
  type Copies,
  type DuplicatedEvent,
  type DuplicateSource,
  type DuplicateSummary,
  type DuplicateSummaryQuery,
  type DuplicateWindow,
  statisticsLimits,
} from '../../../core/statistics-store.ts'
import { type CopyRecord, type CopyWindow, summariseByEvent, summariseBySource } from '../../summarise-duplicates.ts'

interface IdRange {
  readonly oldest: number
  readonly newest: number
}

export interface DuplicateSummaryReader {
  readCopies(seqs: readonly number[]): Copies[]
  summariseByEvent(query: DuplicateSummaryQuery): DuplicateSummary<DuplicatedEvent>
  summariseBySource(query: DuplicateSummaryQuery): DuplicateSummary<DuplicateSource>
}

export function openDuplicateSummaryReader(db: DatabaseSync): DuplicateSummaryReader {
  const ofSeqs = 'WHERE seq IN (SELECT value FROM json_each(:seqs)) GROUP BY seq'
  const readCopies = db.prepare(
    `SELECT seq, sum(copies) AS duplicates, sum(conflicts) AS conflicts FROM (
       SELECT seq, count(*) AS copies, 0 AS conflicts FROM duplicate ${ofSeqs} UNION ALL
       SELECT seq, count(*), count(*) FROM conflict ${ofSeqs}) GROUP BY seq ORDER BY seq`,
  )
  const readWindow = db.prepare(
    `SELECT max(id) AS newest, min(id) AS oldest, count(*) AS records FROM (
       SELECT id FROM duplicate WHERE id <= ?1 UNION ALL SELECT id FROM conflict WHERE id <= ?1 ORDER BY id DESC LIMIT ?2)`,
  )
  const findSeen = db.prepare(
    'SELECT seen_ms FROM duplicate WHERE id = ?1 UNION ALL SELECT seen_ms FROM conflict WHERE id = ?1',
  )
  const findOlder = db.prepare(
    'SELECT EXISTS (SELECT 1 FROM duplicate WHERE id < ?1) OR EXISTS (SELECT 1 FROM conflict WHERE id < ?1) AS older',
  )
  const findTopicId = db.prepare('SELECT id FROM topic WHERE name = ?')
  const findEvent = db.prepare(
    'SELECT t.name AS topic, e.event_id, e.source, e.processed_ms FROM event AS e JOIN topic AS t ON t.id = e.topic_id WHERE e.seq = ?',
  )

  function windowOf({ throughId = Number.MAX_SAFE_INTEGER }: DuplicateSummaryQuery) {
    const { newest, oldest, records } = readWindow.get(throughId, statisticsLimits.maxSummarisedRecords) ?? {}
    const oldestId = Number(oldest)
    const isEmpty = Number(records) === 0
    const window: DuplicateWindow = {
      throughId: Number(newest),
      records: Number(records),
      sinceMs: isEmpty ? undefined : Number(findSeen.get(oldestId)?.seen_ms),
      isComplete: isEmpty || findOlder.get(oldestId)?.older === 0,
    }
    return { window, oldestId }
  }

  /** Only with `stored at` the events are looked up; then those that are gone from the log have no records. */
  function* recordsOf(
    query: DuplicateSummaryQuery,
    ids: IdRange,
    needs: 'records' | 'stored at',
  ): Generator<CopyRecord> {
    const conditions = ['id BETWEEN ? AND ?']
    const values: SQLInputValue[] = [ids.oldest, ids.newest]
    if (query.topic !== undefined) {
      conditions.push('topic_id = ?')
      values.push(findTopicId.get(query.topic)?.id ?? 0)
    }
    if (query.source !== undefined) {
      conditions.push('source = ?')
      values.push(query.source)
    }
    const tables = [
      { table: 'duplicate', isConflict: false },
      { table: 'conflict', isConflict: true },
    ]
    for (const { table, isConflict } of tables) {
      if (query.isConflict !== undefined && query.isConflict !== isConflict) continue
      // Walks the ids: the index over seqs would be of no use.
      const records = `SELECT seq, seen_ms, source FROM ${table} NOT INDEXED WHERE ${conditions.join(' AND ')}`
      const statement = db.prepare(
        needs === 'records'
          ? records
          : // In the order of seqs, so that neighbours in the log are read together.
            `SELECT d.seq, d.seen_ms, d.source, e.processed_ms FROM (${records} ORDER BY seq LIMIT -1) AS d
             CROSS JOIN event AS e ON e.seq = d.seq`,
      )
      statement.setReturnArrays(true)
      for (const row of statement.iterate(...values)) {
        const [seq, seenAtMs, source, storedAtMs = Number.NaN] = row as unknown as [number, number, string, number?]
        yield { seq, seenAtMs, source, isConflict, storedAtMs }
      }
    }
  }

  function summarise<T>(
    query: DuplicateSummaryQuery,
    needs: 'records' | 'stored at',
    run: (found: CopyWindow) => T,
  ): T {
    // One snapshot for the window, its records and their events.
    db.exec('BEGIN')
    try {
      const { window, oldestId } = windowOf(query)
      const ids = { oldest: oldestId, newest: window.throughId }
      return run({ window, records: recordsOf(query, ids, needs) })
    } finally {
      db.exec('COMMIT')
    }
  }

  return {
    readCopies(seqs) {
      const rows = readCopies.all({ seqs: JSON.stringify(seqs) })
      return rows.map((row) => ({
        seq: Number(row.seq),
        duplicates: Number(row.duplicates),
        conflicts: Number(row.conflicts),
      }))
    },
    summariseByEvent: (query) =>
      summarise(query, query.sort === 'spread' ? 'stored at' : 'records', (found) =>
        summariseByEvent(found, query, (seq) => {
          const row = findEvent.get(seq)
          if (row === undefined) return undefined
          const storedAtMs = Number(row.processed_ms)
          return { topic: String(row.topic), eventId: String(row.event_id), source: String(row.source), storedAtMs }
        }),
      ),
    summariseBySource: (query) => summarise(query, 'stored at', (found) => summariseBySource(found, query)),
  }
}
