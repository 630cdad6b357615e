/** Leases end, or are kept up: acks, nacks, extensions. Everything here runs inside one transaction. */
import type { DeliveryCommand, DeliveryOutcome } from '../../../core/subscription-store.ts'
import { deliveryBounds } from '../../delivery-rules.ts'
import type { SubscriptionRow } from '../../rows.ts'
import { bigintArray } from '../binary-array.ts'
import type { Connection, Row, Statement } from '../connection.ts'
import { onlyLane } from '../migrations.ts'
import { bury, endDeliveries } from './dead-letters.ts'
import { Settlement, type StoredDeliveries } from './settlement.ts'
import { lockSubscriptions } from './subscription-row.ts'

const ofSubscription = `lane = ${onlyLane} AND subscription_id = $1::bigint`

/** Statements that read or delete some seqs of a table, one look-up each. */
const found = (table: string, columns: string): Statement => ({
  name: `find_${table}_by_seq`,
  text: `
    SELECT found.* FROM unnest($2::bigint[]) AS asked (seq),
      LATERAL (SELECT ${columns} FROM ${table} WHERE ${ofSubscription} AND ${table}.seq = asked.seq LIMIT 1) AS found`,
})
const findOpen = found('delivery', 'seq, attempts, fence, is_leased, due_ms')
const findDead = found('dead_letter', 'seq, epoch')
const findLate = found('late_ack', 'seq, fence')

/** What is changed is taken out and put in again: an update from an array would be a join, which may be planned badly. */
const putBack: Statement = {
  name: 'put_back_deliveries',
  text: `
    INSERT INTO delivery (lane, subscription_id, seq, attempts, fence, is_leased, due_ms)
    SELECT ${onlyLane}, $1::bigint, seq, attempts, fence, is_leased = 1, due_ms
    FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[])
      AS changed (seq, attempts, fence, is_leased, due_ms)`,
}
const insertLateAcks: Statement = {
  name: 'insert_late_acks',
  text: `
    INSERT INTO late_ack (lane, subscription_id, seq, fence)
    SELECT ${onlyLane}, $1::bigint, seq, fence FROM unnest($2::bigint[], $3::bigint[]) AS new (seq, fence)`,
}
const trimLateAcks: Statement = {
  name: 'trim_late_acks',
  text: `
    DELETE FROM late_ack WHERE ${ofSubscription} AND seq <=
      (SELECT seq FROM late_ack WHERE ${ofSubscription} ORDER BY seq OFFSET $2::int - 1 LIMIT 1)
    RETURNING seq`,
}
const count: Statement = {
  name: 'count_settled',
  text: `
    UPDATE subscription SET acked = acked + $2::bigint, late_acks = late_acks + $3::bigint,
      forgotten_through = greatest(forgotten_through, $4::bigint), changes = changes + 1
    WHERE lane = ${onlyLane} AND id = $1::bigint`,
}

/** @param nowMsOf the time to work with, when the database says it is this. @returns one outcome per command. */
export async function settle(
  connection: Connection,
  commands: readonly DeliveryCommand[],
  nowMsOf: (databaseNowMs: number) => number,
): Promise<DeliveryOutcome[]> {
  const locked = await lockSubscriptions(connection, [...new Set(commands.map(({ name }) => name))])
  const settlements = new Map<string, Settlement>()
  for (const subscription of locked) {
    const tokens = commands.filter(({ name }) => name === subscription.name).map(({ leaseToken }) => leaseToken)
    const stored = await readStored(connection, subscription, tokens)
    settlements.set(subscription.name, new Settlement(subscription, stored, nowMsOf(subscription.databaseNowMs)))
  }
  const outcomes = commands.map((command) => settlements.get(command.name)?.apply(command) ?? 'unknown')
  for (const { name, databaseNowMs } of locked) {
    const settlement = settlements.get(name)
    if (settlement !== undefined) await write(connection, settlement, nowMsOf(databaseNowMs))
  }
  return outcomes
}

async function readStored(
  connection: Connection,
  subscription: SubscriptionRow,
  tokens: readonly string[],
): Promise<StoredDeliveries> {
  const seqs = new Set(tokens.flatMap((token) => Settlement.leaseOf(subscription, token)?.seq ?? []))
  if (seqs.size === 0) return { open: new Map(), dead: new Set(), lateFences: new Map() }
  const values = [subscription.id, bigintArray([...seqs])]
  const [open, dead, late] = await Promise.all(
    [findOpen, findDead, findLate].map((statement) => connection.query(statement, values)),
  )
  const inEpoch = (dead ?? []).filter(({ epoch }) => Number(epoch) === subscription.epoch)
  return {
    open: new Map((open ?? []).map((row) => [Number(row.seq), openDeliveryOf(row)])),
    dead: new Set(inEpoch.map(({ seq }) => Number(seq))),
    lateFences: new Map((late ?? []).map(({ seq, fence }) => [Number(seq), Number(fence)])),
  }
}

/** Written also when nothing has changed: an ack that is acked already must be as durable as the first. */
async function write(connection: Connection, settlement: Settlement, nowMs: number): Promise<void> {
  const { subscription, acked, buried, changed, done } = settlement
  if (done === 0) return
  const { id } = subscription
  const ended = [...acked, ...buried].map(({ seq }) => seq)
  await connection.query(endDeliveries, [id, bigintArray([...ended, ...changed])])
  if (changed.size > 0) await connection.query(putBack, [id, ...deliveryColumns(settlement)])
  await bury(connection, subscription, { letters: buried, nowMs })
  const late = acked.filter(({ fence }) => fence > 1)
  if (late.length > 0) {
    const [seqs, fences] = [late.map(({ seq }) => seq), late.map(({ fence }) => fence)]
    await connection.query(insertLateAcks, [id, bigintArray(seqs), bigintArray(fences)])
  }
  const excess = subscription.lateAcks + late.length - deliveryBounds.maxLateAcks
  const dropped = late.length > 0 && excess > 0 ? await connection.query(trimLateAcks, [id, excess]) : []
  const forgotten = Math.max(0, ...dropped.map(({ seq }) => Number(seq)))
  await connection.query(count, [id, acked.length, late.length - dropped.length, forgotten])
}

function deliveryColumns({ changed, open }: Settlement): Buffer[] {
  const seqs = [...changed]
  const deliveries = seqs.flatMap((seq) => open.get(seq) ?? [])
  return [
    bigintArray(seqs),
    bigintArray(deliveries.map(({ attempts }) => attempts)),
    bigintArray(deliveries.map(({ fence }) => fence)),
    bigintArray(deliveries.map(({ isLeased }) => Number(isLeased))),
    bigintArray(deliveries.map(({ dueMs }) => dueMs)),
  ]
}

function openDeliveryOf(row: Row) {
  return {
    attempts: Number(row.attempts),
    fence: Number(row.fence),
    isLeased: row.is_leased === true,
    dueMs: Number(row.due_ms),
  }
}
