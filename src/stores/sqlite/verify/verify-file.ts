/** All checks of a file, one after the other, in one snapshot. Synchronous; lives in a thread of its own. */
import type { DatabaseSync } from 'node:sqlite'
import type { VerificationProgress, VerificationReport } from '../../../core/store-verification.ts'
import { CheckLog } from '../../check-log.ts'
import { geometry } from '../stored-dedup-index.ts'
import { runEvents } from '../stored-time-index.ts'
import { checkCounters, checkDuplicates, checkTopics, readCounterRow } from './counter-checks.ts'
import { openDedupCheck } from './dedup-check.ts'
import { type WalkedEvent, walkEvents } from './event-walk.ts'
import { runCheck } from './run-check.ts'
import { checkSubscriptions } from './subscription-check.ts'
import { openTimeCheck } from './time-check.ts'
import { openTopicCounts, type TopicCounts } from './topic-counts.ts'
import { checkWal } from './wal-check.ts'

type Tell = (progress: VerificationProgress) => void

/** @param db on `path`, where nothing else has a transaction. */
export function verifyFile(db: DatabaseSync, path: string, tell: Tell): VerificationReport {
  const wal = checked('wal', 'frames', (log) => checkWal(path, log))
  db.exec('BEGIN')
  try {
    const { lastSeq, logs } = verifySnapshot(db, tell)
    const checks = [wal, ...logs]
    return { engine: 'sqlite', lastSeq, checks: checks.map((log) => log.report()), advice: adviceOf(checks) }
  } finally {
    if (db.isTransaction) db.exec('ROLLBACK')
  }
}

function verifySnapshot(db: DatabaseSync, tell: Tell): { lastSeq: number | undefined; logs: CheckLog[] } {
  const begin = (check: string) => tell({ check, fraction: undefined })
  // The first read: what is committed later is in none of the checks.
  const lastSeq = readLastSeq(db)
  begin('file')
  const file = checked('file', 'pages', (log) => checkFile(db, log))
  const end = lastSeq ?? lastStoredSeq(db)
  const { logs, topics, events } = checkLog(db, end, tell)
  begin('counters')
  const counters = checked('counters', 'sums', (log) => checkCounters(db, topics && events.checked, log))
  const byTopic = checked('topics', 'topics', (log) => checkTopics(db, topics, log))
  begin('duplicates')
  const duplicates = checked('duplicates', 'records', (log) => checkDuplicates(db, log))
  begin('subscriptions')
  const subscriptions = checked('subscriptions', 'subscriptions', (log) => checkSubscriptions(db, end, log))
  return { lastSeq, logs: [file, ...logs, counters, byTopic, duplicates, subscriptions] }
}

function checked(name: string, unit: string, check: (log: CheckLog) => void): CheckLog {
  const log = new CheckLog(name, unit)
  runCheck(log, () => check(log))
  return log
}

function adviceOf(checks: readonly CheckLog[]): string[] {
  const hasProblems = (names: readonly string[]) =>
    checks.some(({ name, problems }) => names.includes(name) && problems > 0)
  const advice: string[] = []
  if (hasProblems(['wal'])) {
    advice.push(
      'no server starts on a damaged WAL: move the file, its -wal and its -shm away together, then put a backup there',
    )
  } else if (hasProblems(['dedup_index', 'time_index'])) {
    advice.push('indexes are derived from the events: sekali rebuild-index builds them again')
  }
  if (hasProblems(['file', 'events', 'checksums'])) {
    advice.push('the file itself is damaged: no command mends that; go back to a copy of it, and look at the disk')
  }
  return advice
}

/** All that is compared with the events, by one walk over them. */
function checkLog(db: DatabaseSync, lastSeq: number, tell: Tell) {
  let topics: TopicCounts = openTopicCounts([])
  let isLogRead = false
  const [checksums, time] = [new CheckLog('checksums', 'events'), new CheckLog('time_index', 'parts of lists')]
  const events = new CheckLog('events', 'events')
  const dedup = new CheckLog('dedup_index', 'keys on pages')
  const dedupCheck = runCheck(dedup, () => openDedupCheck({ db, geometry, lastSeq, log: dedup }))
  const timeCheck = runCheck(time, () => openTimeCheck({ db, runEvents, log: time }))
  runCheck(events, () => {
    topics = openTopicCounts(topicNames(db))
    const onEvent = (event: WalkedEvent) => {
      runCheck(dedup, () => dedupCheck?.event(event))
      runCheck(time, () => timeCheck?.event(event))
    }
    const onProgress = (fraction: number) => tell({ check: 'events', fraction })
    walkEvents({ db, lastSeq, topics, log: events, checksumLog: checksums, onProgress, onEvent })
    isLogRead = true
  })
  if (isLogRead) {
    const onProgress = (fraction: number) => tell({ check: 'dedup_index', fraction })
    runCheck(dedup, () => dedupCheck?.end(nameReader(db), onProgress))
    runCheck(time, () => timeCheck?.end())
  } else {
    for (const log of [checksums, dedup, time]) log.note('not to the end, because the events could not all be read')
  }
  return { logs: [events, checksums, dedup, time], topics: isLogRead ? topics : undefined, events }
}

function checkFile(db: DatabaseSync, log: CheckLog): void {
  log.checked = Number(db.prepare('PRAGMA page_count').get()?.page_count)
  for (const row of db.prepare('PRAGMA integrity_check(1000)').iterate()) {
    const text = String(row.integrity_check)
    if (text !== 'ok') for (const line of text.split('\n')) log.problem(line)
  }
}

/** Where the log says that it ends; undefined when that cannot be read. */
function readLastSeq(db: DatabaseSync): number | undefined {
  return runCheck(new CheckLog('counters', ''), () => readCounterRow(db)?.last_seq)
}

function lastStoredSeq(db: DatabaseSync): number {
  const find = () => Number(db.prepare('SELECT coalesce(max(seq), 0) AS seq FROM event').get()?.seq)
  return runCheck(new CheckLog('events', ''), find) ?? 0
}

function* topicNames(db: DatabaseSync): Generator<readonly [number, string]> {
  for (const row of db.prepare('SELECT id, name FROM topic').iterate()) yield [Number(row.id), String(row.name)]
}

function nameReader(db: DatabaseSync): (seq: number) => string {
  const find = db.prepare(
    'SELECT t.name, e.event_id FROM event AS e LEFT JOIN topic AS t ON t.id = e.topic_id WHERE seq = ?',
  )
  return (seq) => {
    const { name, event_id: eventId } = find.get(seq) ?? {}
    return `the pair ${JSON.stringify([name, eventId])}`
  }
}
