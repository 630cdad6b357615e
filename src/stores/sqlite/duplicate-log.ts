/** The duplicates on record: who re-sent what, and what conflicts carried. Bounded; lives in the writer thread. */
import type { DatabaseSync } from 'node:sqlite'
import type { NewEvent } from '../../core/event.ts'
import { type AppendStatus, storeLimits } from '../../core/event-store.ts'
import type { RowChecksums } from './row-checksums.ts'

export interface DuplicateEntry {
  readonly id: number
  /** The stored event's. */
  readonly seq: number
  readonly topicId: number
  readonly seenAtMs: number
  /** The event that was dropped. */
  readonly event: NewEvent
  readonly status: AppendStatus
}

export interface DuplicateLog {
  record(entry: DuplicateEntry): void
  /** Drops the oldest records beyond the bounds. @param lastId the newest id given. */
  trim(lastId: number): void
  /** After a rollback: drops what is only in memory. */
  forget(): void
}

export function openDuplicateLog(db: DatabaseSync, checksums: RowChecksums): DuplicateLog {
  const insertDuplicate = db.prepare(
    'INSERT INTO duplicate (id, seq, topic_id, seen_ms, source, checksum) VALUES (?, ?, ?, ?, ?, ?)',
  )
  const insertConflict = db.prepare(
    'INSERT INTO conflict (id, seq, topic_id, seen_ms, source, timestamp, payload, checksum) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
  )
  const addConflictSize = db.prepare(
    'UPDATE counters SET conflict_rows = conflict_rows + ?, conflict_bytes = conflict_bytes + ?',
  )
  const trimDuplicates = db.prepare('DELETE FROM duplicate WHERE id <= ?')
  const conflictSize = db.prepare('SELECT conflict_rows, conflict_bytes FROM counters')
  const trimOldestConflict = db.prepare(
    'DELETE FROM conflict WHERE id = (SELECT min(id) FROM conflict) RETURNING octet_length(timestamp) + octet_length(payload) AS bytes',
  )
  let newConflictRows = 0
  let newConflictBytes = 0

  function forget(): void {
    newConflictRows = 0
    newConflictBytes = 0
  }

  function trimConflicts(): void {
    const size = conflictSize.get() ?? {}
    let rows = Number(size.conflict_rows)
    let bytes = Number(size.conflict_bytes)
    while (rows > storeLimits.maxConflictRecords || bytes > storeLimits.maxConflictBytes) {
      const dropped = Number(trimOldestConflict.get()?.bytes)
      addConflictSize.run(-1, -dropped)
      rows--
      bytes -= dropped
    }
  }

  return {
    record({ id, seq, topicId, seenAtMs, event, status }) {
      const { source, timestamp, payload } = event
      const record = { id, seq, topicId, seenMs: seenAtMs, source }
      if (status !== 'conflict') {
        insertDuplicate.run(id, seq, topicId, seenAtMs, source, checksums.ofDuplicate(record))
        return
      }
      const checksum = checksums.ofDuplicate({ ...record, timestamp, payload })
      insertConflict.run(id, seq, topicId, seenAtMs, source, timestamp, payload, checksum)
      newConflictRows++
      newConflictBytes += Buffer.byteLength(timestamp) + Buffer.byteLength(payload)
    },
    trim(lastId) {
      trimDuplicates.run(lastId - storeLimits.maxDuplicateRecords)
      if (newConflictRows === 0) return
      addConflictSize.run(newConflictRows, newConflictBytes)
      forget()
      trimConflicts()
    },
    forget,
  }
}
