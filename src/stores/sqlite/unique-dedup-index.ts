/** A dedup index that is a B-tree over the whole key. */
import type { DatabaseSync } from 'node:sqlite'
import type { DedupIndex, EventKey } from './dedup-index.ts'

export function openUniqueDedupIndex(db: DatabaseSync): DedupIndex {
  const mark = db.prepare('INSERT INTO dedup_key (topic_id, event_id, seq) VALUES (?, ?, ?) ON CONFLICT DO NOTHING')
  const find = db.prepare('SELECT seq FROM dedup_key WHERE topic_id = ? AND event_id = ?')
  return {
    checkAndMark(keys: readonly EventKey[], nextSeq: number): number[] {
      let next = nextSeq
      return keys.map(({ topicId, eventId }) => {
        if (mark.run(topicId, eventId, next).changes === 1) return next++
        return Number(find.get(topicId, eventId)?.seq)
      })
    },
  }
}
