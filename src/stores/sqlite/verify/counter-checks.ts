/** Whether what was counted with every append is what the tables hold. */
import type { DatabaseSync } from 'node:sqlite'
import { storeLimits } from '../../../core/event-store.ts'
import type { CheckLog } from '../../check-log.ts'
import { RowChecksums } from '../row-checksums.ts'
import type { TopicCounts } from './topic-counts.ts'

export type CounterRow = Readonly<Record<string, number>>

/** @returns undefined when there is not exactly one row of whole numbers. */
export function readCounterRow(db: DatabaseSync): CounterRow | undefined {
  const rows = db.prepare('SELECT * FROM counters').all()
  const [row] = rows
  if (rows.length !== 1 || row === undefined) return undefined
  const numbers = Object.entries(row).map(([column, value]) => [column, Number(value)] as const)
  return numbers.every(([, value]) => Number.isSafeInteger(value) && value >= 0)
    ? Object.fromEntries(numbers)
    : undefined
}

/** @param events that the log holds; undefined when it could not be read to its end. */
export function checkCounters(db: DatabaseSync, events: number | undefined, log: CheckLog): void {
  const row = readCounterRow(db)
  if (row === undefined) {
    log.problem('the counters are missing or no numbers')
    return
  }
  const { received = 0, unique_processed: unique = 0, duplicate_dropped: dropped = 0, conflicts = 0 } = row
  log.same('received', received, unique + dropped)
  if (events !== undefined) log.same('unique_processed', unique, events)
  else log.note('not compared with the events, because those could not all be read')
  const summed = db
    .prepare(
      'SELECT coalesce(sum(events), 0) AS events, coalesce(sum(duplicates), 0) AS duplicates, coalesce(sum(conflicts), 0) AS conflicts FROM topic',
    )
    .get()
  log.same('unique_processed', unique, Number(summed?.events))
  log.same('duplicate_dropped', dropped, Number(summed?.duplicates))
  log.same('conflicts', conflicts, Number(summed?.conflicts))
}

/** @param counts of the whole log; undefined when it could not be read to its end. */
export function checkTopics(db: DatabaseSync, counts: TopicCounts | undefined, log: CheckLog): void {
  if (counts === undefined) log.note('not compared with the events, because those could not all be read')
  for (const row of db.prepare('SELECT * FROM topic').iterate()) {
    log.checked++
    const { id, name, events, duplicates, conflicts } = row
    if (Number(conflicts) > Number(duplicates)) log.problem(`topic ${name} has more conflicts than duplicates`)
    if (counts === undefined) continue
    if (Number(events) !== counts.eventsOf(Number(id))) {
      log.problem(`topic ${name} counts ${events} events, but has ${counts.eventsOf(Number(id))}`)
    }
    if (Number(row.last_seq) !== counts.lastSeqOf(Number(id))) {
      log.problem(`topic ${name} ends at seq ${row.last_seq}, but its last event is ${counts.lastSeqOf(Number(id))}`)
    }
    // A topic comes with its first event.
    if (Number(row.first_seen_ms) !== counts.firstMsOf(Number(id))) {
      log.problem(`topic ${name} was first seen at another time than its first event`)
    }
    if (Number(duplicates) === 0 && Number(row.last_seen_ms) !== counts.lastMsOf(Number(id))) {
      log.problem(`topic ${name} was last seen at another time than its last event`)
    }
  }
}

/** The records: as many as were counted, but for those beyond the bounds, each of an event that is stored. */
export function checkDuplicates(db: DatabaseSync, log: CheckLog): void {
  const row = readCounterRow(db)
  const plain = countOf(db, 'SELECT count(*) AS n FROM duplicate')
  const kept = db
    .prepare(
      'SELECT count(*) AS n, coalesce(sum(octet_length(timestamp) + octet_length(payload)), 0) AS bytes FROM conflict',
    )
    .get()
  log.checked += plain + Number(kept?.n)
  if (row !== undefined) {
    const { duplicate_dropped: dropped = 0, conflicts = 0, conflict_rows: rows = 0, conflict_bytes: bytes = 0 } = row
    const areAllKept = dropped <= storeLimits.maxDuplicateRecords
    if (areAllKept && plain !== dropped - conflicts) {
      log.problem(`${plain} duplicates are on record, but ${dropped - conflicts} were counted`)
    }
    if (Number(kept?.n) !== rows) log.problem(`${kept?.n} conflicts are on record, but ${rows} were counted`)
    if (Number(kept?.bytes) !== bytes) log.problem(`conflicts hold ${kept?.bytes} bytes, but ${bytes} were counted`)
    for (const table of ['duplicate', 'conflict']) {
      const beyond = countOf(db, `SELECT count(*) AS n FROM ${table} WHERE id < 1 OR id > ${dropped}`)
      if (beyond > 0) log.problem(`${beyond} records of ${table}s have numbers that were not given`)
    }
  }
  checkRecords(db, log)
  for (const table of ['duplicate', 'conflict']) {
    const orphans = db
      .prepare(
        `SELECT d.id, d.seq, d.topic_id, e.topic_id AS of FROM ${table} AS d LEFT JOIN event AS e ON e.seq = d.seq
         WHERE e.topic_id IS NOT d.topic_id`,
      )
      .iterate()
    for (const { id, seq, of } of orphans) {
      log.problem(`${table} ${id} is of event ${seq}, which ${of === null ? 'is not stored' : 'has another topic'}`)
    }
  }
}

function countOf(db: DatabaseSync, sql: string): number {
  return Number(db.prepare(sql).get()?.n)
}

function checkRecords(db: DatabaseSync, log: CheckLog): void {
  const checksums = new RowChecksums()
  let withoutChecksum = 0
  for (const [table, content] of [
    ['duplicate', "'' AS timestamp, '' AS payload"],
    ['conflict', 'timestamp, payload'],
  ] as const) {
    const rows = db.prepare(`SELECT id, seq, topic_id, seen_ms, source, ${content}, checksum FROM ${table}`).iterate()
    for (const { id, seq, topic_id: topicId, seen_ms: seenMs, source, timestamp, payload, checksum } of rows) {
      const numbers = { id: Number(id), seq: Number(seq), topicId: Number(topicId), seenMs: Number(seenMs) }
      const texts = { source: String(source), timestamp: String(timestamp), payload: String(payload) }
      if (checksum === null) withoutChecksum++
      else if (checksum !== checksums.ofDuplicate({ ...numbers, ...texts })) {
        log.problem(`${table} ${id}, of event ${seq}, is not what was recorded: its checksum is another`)
      }
    }
  }
  if (withoutChecksum > 0) log.note(`${withoutChecksum} records have no checksum: an older version wrote them`)
}
