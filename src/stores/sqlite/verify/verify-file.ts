/** All checks of a file, one after the other, in one snapshot. Synchronous; lives in a thread of its own. */
import type { DatabaseSync } from 'node:sqlite'
import { AppError } from '../../../core/errors.ts'
import type { VerificationProgress, VerificationReport } from '../../../core/store-verification.ts'
import type { CheckLog } from '../../check-log.ts'
import { geometry } from '../stored-dedup-index.ts'
import { checkCounters, checkDuplicates, checkTopics, readCounterRow } from './counter-checks.ts'
import { openDedupCheck } from './dedup-check.ts'
import { walkEvents } from './event-walk.ts'
import { runCheck } from './run-check.ts'
import { checkSubscriptions } from './subscription-check.ts'
import { openTopicCounts, type TopicCounts } from './topic-counts.ts'

type Tell = (progress: VerificationProgress) => void

/** @param db where nothing else has a transaction. */
export function verifyFile(db: DatabaseSync, tell: Tell): VerificationReport {
  db.exec('BEGIN')
  try {
    return verifySnapshot(db, tell)
  } finally {
    if (db.isTransaction) db.exec('ROLLBACK')
  }
}

function verifySnapshot(db: DatabaseSync, tell: Tell): VerificationReport {
  const begin = (check: string) => tell({ check, fraction: undefined })
  // The first read: what is committed later is in none of the checks.
  const lastSeq = readLastSeq(db)
  begin('file')
  const file = runCheck({ name: 'file', unit: 'pages' }, (log) => checkFile(db, log))
  const end = lastSeq ?? lastStoredSeq(db)
  const { events, dedup, topics, isLogRead } = checkLog(db, end, tell)
  const counted = isLogRead ? events.checked : undefined
  begin('counters')
  const counters = runCheck({ name: 'counters', unit: 'sums' }, (log) => checkCounters(db, counted, log))
  const byTopic = runCheck({ name: 'topics', unit: 'topics' }, (log) => checkTopics(db, topics, isLogRead, log))
  begin('duplicates')
  const duplicates = runCheck({ name: 'duplicates', unit: 'records' }, (log) => checkDuplicates(db, log))
  begin('subscriptions')
  const subscriptions = runCheck({ name: 'subscriptions', unit: 'subscriptions' }, (log) =>
    checkSubscriptions(db, end, log),
  )
  const checks = [file, events, dedup, counters, byTopic, duplicates, subscriptions]
  return { engine: 'sqlite', lastSeq, checks: checks.map((log) => log.report()), advice: adviceOf(file, dedup) }
}

function adviceOf(file: CheckLog, dedup: CheckLog): string[] {
  const advice: string[] = []
  if (dedup.problems > 0) advice.push('indexes are derived from the events: sekali rebuild-index builds them again')
  if (file.problems > 0) advice.push('the file is damaged: go back to a copy of it, or copy what can be read')
  return advice
}

function checkLog(db: DatabaseSync, lastSeq: number, tell: Tell) {
  let topics: TopicCounts = openTopicCounts([])
  let isLogRead = false
  const nameOf = nameReader(db)
  let events: CheckLog | undefined
  const dedup = runCheck({ name: 'dedup_index', unit: 'keys on pages' }, (log) => {
    const check = openDedupCheck({ db, geometry, lastSeq, log })
    events = runCheck({ name: 'events', unit: 'events' }, (eventLog) => {
      topics = openTopicCounts(topicIds(db))
      const onProgress = (fraction: number) => tell({ check: 'events', fraction })
      const onEvent = check === undefined ? () => {} : check.event
      walkEvents({ db, lastSeq, topics, log: eventLog, onProgress, onEvent })
      isLogRead = true
    })
    if (isLogRead) check?.end(nameOf, (fraction) => tell({ check: 'dedup_index', fraction }))
    else log.note('not compared to its end, because the events could not all be read')
  })
  if (events === undefined) throw new AppError('store_unavailable', 'the events were not looked at')
  return { events, dedup, topics, isLogRead }
}

function checkFile(db: DatabaseSync, log: CheckLog): void {
  log.checked = Number(db.prepare('PRAGMA page_count').get()?.page_count)
  for (const row of db.prepare('PRAGMA integrity_check(1000)').iterate()) {
    const text = String(row.integrity_check)
    if (text !== 'ok') for (const line of text.split('\n')) log.problem(line)
  }
}

function readLastSeq(db: DatabaseSync): number | undefined {
  let lastSeq: number | undefined
  runCheck({ name: 'counters', unit: '' }, () => {
    lastSeq = readCounterRow(db)?.last_seq
  })
  return lastSeq
}

function lastStoredSeq(db: DatabaseSync): number {
  let last = 0
  runCheck({ name: 'events', unit: '' }, () => {
    last = Number(db.prepare('SELECT coalesce(max(seq), 0) AS seq FROM event').get()?.seq)
  })
  return last
}

function* topicIds(db: DatabaseSync): Generator<number> {
  for (const row of db.prepare('SELECT id FROM topic').iterate()) yield Number(row.id)
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
