/** Topic names as small numbers, and what was counted per topic. Lives in the writer thread. */
import type { DatabaseSync } from 'node:sqlite'
import type { AppendStatus } from '../../core/event-store.ts'

/** Names kept in memory; with more topics than this the others cost a look-up per group. */
const maxCachedNames = 50_000

interface GroupCounts {
  events: number
  duplicates: number
  conflicts: number
  lastSeq: number
}

export interface TopicTable {
  /** The id of a topic; an unknown one is added. */
  idOf(name: string, nowMs: number): number
  /** Counts one event of the current group. */
  count(topicId: number, status: AppendStatus, seq: number): void
  /** What `count` gathered, by topic id. */
  readonly counts: ReadonlyMap<number, Readonly<GroupCounts>>
  /** Writes what `count` gathered, one statement per topic. */
  writeCounts(nowMs: number): void
  /** After a rollback: drops what is only in memory. */
  forget(): void
}

export function openTopicTable(db: DatabaseSync): TopicTable {
  const find = db.prepare('SELECT id FROM topic WHERE name = ?')
  const insert = db.prepare(
    `INSERT INTO topic (name, events, duplicates, conflicts, last_seq, first_seen_ms, last_seen_ms)
     VALUES (?, 0, 0, 0, 0, ?, ?) RETURNING id`,
  )
  const update = db.prepare(
    `UPDATE topic SET events = events + ?, duplicates = duplicates + ?, conflicts = conflicts + ?,
       last_seq = max(last_seq, ?), last_seen_ms = ? WHERE id = ?`,
  )
  const idByName = new Map<string, number>()
  const counts = new Map<number, GroupCounts>()

  function idOf(name: string, nowMs: number): number {
    const cached = idByName.get(name)
    if (cached !== undefined) return cached
    const id = Number((find.get(name) ?? insert.get(name, nowMs, nowMs))?.id)
    if (idByName.size >= maxCachedNames) idByName.clear()
    idByName.set(name, id)
    return id
  }

  return {
    idOf,
    counts,
    count(topicId, status, seq) {
      let group = counts.get(topicId)
      if (group === undefined) {
        group = { events: 0, duplicates: 0, conflicts: 0, lastSeq: 0 }
        counts.set(topicId, group)
      }
      if (status === 'stored') {
        group.events++
        group.lastSeq = seq
        return
      }
      group.duplicates++
      if (status === 'conflict') group.conflicts++
    },
    writeCounts(nowMs) {
      for (const [id, group] of counts) {
        update.run(group.events, group.duplicates, group.conflicts, group.lastSeq, nowMs, id)
      }
      counts.clear()
    },
    forget() {
      idByName.clear()
      counts.clear()
    },
  }
}
