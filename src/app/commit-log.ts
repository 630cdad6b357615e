/** One log line for each group commit that dropped duplicates. */
import type { Logger } from 'pino'
import type { CommittedGroup } from '../pipeline/consumer.ts'

/** Duplicates named in one line; `GET /duplicates` has them all. */
const maxNamed = 1000

export function logDuplicates(logger: Logger, { events, results }: CommittedGroup): void {
  const duplicates = []
  let dropped = 0
  let conflicts = 0
  for (const [index, { status, seq }] of results.entries()) {
    if (status === 'stored') continue
    dropped++
    if (status === 'conflict') conflicts++
    if (duplicates.length === maxNamed) continue
    const event = events.at(index)
    duplicates.push({
      topic: event.topic,
      event_id: event.eventId,
      source: event.source,
      seq,
      conflict: status === 'conflict',
    })
  }
  if (dropped === 0) return
  logger.info({ duplicate_dropped: dropped, conflicts, duplicates }, 'duplicates dropped')
}
