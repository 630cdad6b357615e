/** Subscriptions come, go and move. Each call is one transaction; lives in the writer thread. */
import type { DatabaseSync } from 'node:sqlite'
import { type StartPoint, type SubscriptionSettings, subscriptionLimits } from '../../../core/subscription.ts'
import type { CreateOutcome } from '../../../core/subscription-store.ts'
import { cursorAt, definitionText } from '../../delivery-rules.ts'
import { newLeaseSecret } from '../../lease-token.ts'
import { subscriptionOf } from '../../rows.ts'
import { inTransaction } from '../transaction.ts'
import type { Discards } from './discards.ts'

export interface CreateArgument {
  readonly name: string
  readonly settings: SubscriptionSettings
  readonly start: StartPoint
  readonly nowMs: number
}

/** How far the log was looked at for a subscription, beyond what is written: nothing there was asked for. */
export interface Advance {
  readonly subscriptionId: number
  readonly epoch: number
  readonly through: number
}

export interface SubscriptionWriter {
  create(argument: CreateArgument): CreateOutcome
  remove(name: string): true | undefined
  seek(argument: { readonly name: string; readonly start: StartPoint }): true | undefined
  setPaused(argument: { readonly name: string; readonly reason: string | undefined }): true | undefined
  setFailingSince(argument: { readonly name: string; readonly atMs: number | undefined }): true | undefined
  advance(advances: readonly Advance[]): void
}

export function openSubscriptionWriter(db: DatabaseSync, discards: Discards): SubscriptionWriter {
  const find = db.prepare('SELECT * FROM subscription WHERE name = ?')
  const count = db.prepare('SELECT count(*) AS subscriptions FROM subscription')
  const insert = db.prepare(
    `INSERT INTO subscription (name, topics, push, start, lease_ms, max_attempts, created_ms, lease_secret, epoch, cursor,
       acked, redelivered, dead_letters, late_acks, forgotten_through, paused_reason)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1, ?, 0, 0, 0, 0, 0, NULL)`,
  )
  const remove = db.prepare('DELETE FROM subscription WHERE name = ? RETURNING id')
  const move = db.prepare(
    `UPDATE subscription SET epoch = epoch + 1, cursor = ?, late_acks = 0, forgotten_through = 0 WHERE name = ?
     RETURNING id, epoch`,
  )
  const pause = db.prepare('UPDATE subscription SET paused_reason = ? WHERE name = ?')
  const resume = db.prepare('UPDATE subscription SET paused_reason = NULL, failing_since_ms = NULL WHERE name = ?')
  const setFailing = db.prepare('UPDATE subscription SET failing_since_ms = ? WHERE name = ?')
  const advance = db.prepare('UPDATE subscription SET cursor = max(cursor, ?) WHERE id = ? AND epoch = ?')
  const readLastSeq = db.prepare('SELECT last_seq FROM counters')
  const findCommitTime = db.prepare('SELECT processed_ms FROM event WHERE seq >= ? ORDER BY seq LIMIT 1')

  const cursorOf = (start: StartPoint) =>
    cursorAt(start, {
      lastSeq: Number(readLastSeq.get()?.last_seq),
      committedAtMs: (seq) => Number(findCommitTime.get(seq)?.processed_ms),
    })

  function insertNew({ name, settings, start, nowMs }: CreateArgument): void {
    const { topics, leaseMs, maxAttempts, push } = settings
    insert.run(
      name,
      JSON.stringify(topics),
      push === undefined ? null : JSON.stringify(push),
      JSON.stringify(start),
      leaseMs,
      maxAttempts,
      nowMs,
      newLeaseSecret(),
      cursorOf(start),
    )
  }

  return {
    create(argument) {
      return inTransaction(db, () => {
        const row = find.get(argument.name)
        if (row !== undefined) {
          const { settings, start } = subscriptionOf(row)
          const isSame = definitionText(settings, start) === definitionText(argument.settings, argument.start)
          return isSame ? 'exists' : 'differs'
        }
        if (Number(count.get()?.subscriptions) >= subscriptionLimits.maxSubscriptions) return 'too_many'
        insertNew(argument)
        return 'created'
      })
    },
    remove(name) {
      return inTransaction(db, () => {
        const removed = remove.get(name)
        if (removed === undefined) return undefined
        discards.discard(Number(removed.id), Number.MAX_SAFE_INTEGER)
        return true
      })
    },
    seek({ name, start }) {
      return inTransaction(db, () => {
        const moved = move.get(cursorOf(start), name)
        if (moved === undefined) return undefined
        discards.discard(Number(moved.id), Number(moved.epoch))
        return true
      })
    },
    setPaused({ name, reason }) {
      return inTransaction(db, () => {
        const { changes } = reason === undefined ? resume.run(name) : pause.run(reason, name)
        return changes > 0 ? true : undefined
      })
    },
    setFailingSince({ name, atMs }) {
      return inTransaction(db, () => (setFailing.run(atMs ?? null, name).changes > 0 ? true : undefined))
    },
    advance(advances) {
      inTransaction(db, () => {
        for (const { subscriptionId, epoch, through } of advances) advance.run(through, subscriptionId, epoch)
      })
    },
  }
}
