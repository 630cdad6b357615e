/** Whether subscriptions stand where they can stand, and what they hold is of events that are stored. */
import type { DatabaseSync } from 'node:sqlite'
import type { CheckLog } from '../../check-log.ts'
import { type SubscriptionRow, subscriptionOf } from '../../rows.ts'

export function checkSubscriptions(db: DatabaseSync, lastSeq: number, log: CheckLog): void {
  for (const row of db.prepare('SELECT * FROM subscription ORDER BY id').iterate()) {
    log.checked++
    try {
      checkOne(db, subscriptionOf(row), lastSeq, log)
    } catch (thrown) {
      if (!(thrown instanceof SyntaxError)) throw thrown
      log.problem(`subscription ${row.name} has settings that cannot be read`)
    }
  }
  for (const table of ['delivery', 'late_ack', 'dead_letter']) checkRows(db, table, log)
}

function checkOne(
  db: DatabaseSync,
  { id, name, epoch, cursor, ...counted }: SubscriptionRow,
  lastSeq: number,
  log: CheckLog,
) {
  const problem = (text: string) => log.problem(`subscription ${name} ${text}`)
  if (!(cursor >= 0 && cursor <= lastSeq)) problem(`stands at seq ${cursor}, but the log ends at ${lastSeq}`)
  const ahead = db
    .prepare('SELECT max(seq) AS seq FROM delivery WHERE subscription_id = ? AND epoch = ?')
    .get(id, epoch)
  if (Number(ahead?.seq ?? 0) > cursor) problem(`has handed out seq ${ahead?.seq}, and stands at ${cursor}`)
  const letters = db.prepare('SELECT count(*) AS n FROM dead_letter WHERE subscription_id = ?').get(id)
  if (letters?.n !== counted.deadLetters) problem(`counts ${counted.deadLetters} dead letters, but has ${letters?.n}`)
  const newer = db.prepare('SELECT count(*) AS n FROM delivery WHERE subscription_id = ? AND epoch > ?').get(id, epoch)
  if (Number(newer?.n) > 0) problem(`has deliveries of an epoch after its own`)
}

function checkRows(db: DatabaseSync, table: string, log: CheckLog): void {
  const lost = db
    .prepare(
      `SELECT d.subscription_id, d.seq, s.id IS NULL AS has_no_subscription FROM ${table} AS d
       LEFT JOIN subscription AS s ON s.id = d.subscription_id LEFT JOIN event AS e ON e.seq = d.seq
       WHERE e.seq IS NULL OR (s.id IS NULL AND NOT EXISTS (SELECT 1 FROM discarded AS x WHERE x.subscription_id = d.subscription_id))`,
    )
    .iterate()
  const names: Readonly<Record<string, string>> = {
    delivery: 'a delivery',
    late_ack: 'a late ack',
    dead_letter: 'a dead letter',
  }
  for (const { subscription_id: id, seq, has_no_subscription: hasNone } of lost) {
    const what = hasNone === 1 ? 'that there is not' : 'whose event is not stored'
    log.problem(
      `${names[table]} of subscription number ${id}, seq ${seq}: ${hasNone === 1 ? 'a subscription ' : ''}${what}`,
    )
  }
}
