/**
 * A PostgreSQL store that another store is moved to. Rows go in as one JSON array a statement: slower than what an append does,
 * and the same few lines for every table.
 */
import { AppError } from '../../core/errors.ts'
import {
  type CopiedLog,
  type CopiedState,
  type CopyRow,
  type CopyTarget,
  idColumnOf,
  type LogExtent,
} from '../../core/store-copy.ts'
import { findKeys, insertKeys, lockHead } from './append-statements.ts'
import { bigintArray, uuidArray } from './binary-array.ts'
import type { Connection, Row } from './connection.ts'
import { type EventKey, eventKey } from './event-key.ts'
import { addPartitions, defaultPartitionEvents } from './event-partitions.ts'
import { indexedFractionDigits, onlyLane } from './migrations.ts'
import { parseServerUrl } from './server-url.ts'
import { Sessions } from './sessions.ts'
import { begin, commit, inTransaction } from './transaction.ts'

/** A statement that moves or compares many rows. */
const limitMs = 120_000
const rowsPerStatement = 2000

const logColumns: Readonly<Record<CopiedLog, string>> = {
  event: `seq, processed_ms, instant_ms, instant_head || instant_rest AS instant_fraction, topic, event_id, "timestamp", source, payload`,
  duplicate: 'id, seq, seen_ms, topic, event_id, source',
  conflict: 'id, seq, seen_ms, topic, event_id, source, "timestamp", payload',
}
const stateColumns: Readonly<Record<StateTable, readonly [columns: string, key: string]>> = {
  topic: ['name, events, duplicates, conflicts, last_seq, first_seen_ms, last_seen_ms', 'name'],
  received_rate: ['level, kind, start_s, name, events, duplicates, conflicts', 'level, kind, start_s, name'],
  subscription: [
    `id, name, topics, push, start, lease_ms, max_attempts, created_ms, encode(lease_secret, 'hex') AS lease_secret, epoch, cursor, acked,
     redelivered, dead_letters, late_acks, forgotten_through, paused_reason, failing_since_ms`,
    'id',
  ],
  delivery: ['subscription_id, seq, attempts, fence, is_leased::int AS is_leased, due_ms', 'subscription_id, seq'],
  late_ack: ['subscription_id, seq, fence', 'subscription_id, seq'],
  dead_letter: ['subscription_id, seq, epoch, fence, attempts, at_ms, reason', 'subscription_id, seq'],
}
const counterColumns = 'received, unique_processed, duplicate_dropped, conflicts, conflict_rows, conflict_bytes'
const stateTables = [
  ...(['topic', 'received_rate', 'subscription'] as const),
  ...(['delivery', 'late_ack', 'dead_letter'] as const),
]
type StateTable = (typeof stateTables)[number]

/** @param url as `parseServerUrl`. @throws AppError `store_unavailable`. */
export async function openPostgresCopyTarget(url: string): Promise<CopyTarget> {
  const connection = await new Sessions(parseServerUrl(url)).open('copy')
  // Whole tables are read here, and sorted as their keys are.
  await connection.run('SET enable_seqscan = on; SET enable_sort = on')
  return new PostgresCopyTarget(connection)
}

class PostgresCopyTarget implements CopyTarget {
  readonly #connection: Connection

  constructor(connection: Connection) {
    this.#connection = connection
  }

  async extent(log: CopiedLog): Promise<LogExtent> {
    const id = idColumnOf(log)
    const [row] = await this.#ask(
      `SELECT coalesce(min(${id}), 0) AS first, coalesce(max(${id}), 0) AS last FROM ${log} WHERE lane = ${onlyLane}`,
    )
    return { firstId: Number(row?.first), lastId: Number(row?.last) }
  }

  readRows(log: CopiedLog, { firstId, lastId }: LogExtent): Promise<readonly CopyRow[]> {
    const id = idColumnOf(log)
    return this.#ask(
      `SELECT ${logColumns[log]} FROM ${log} WHERE lane = ${onlyLane} AND ${id} BETWEEN ${firstId} AND ${lastId} ORDER BY ${id}`,
    )
  }

  async readState(): Promise<CopiedState> {
    const [counters = {}] = await this.#ask(`SELECT ${counterColumns} FROM lane_head WHERE lane = ${onlyLane}`)
    const rows = (table: StateTable) => {
      const [columns, key] = stateColumns[table]
      return this.#ask(`SELECT ${columns} FROM ${table} WHERE lane = ${onlyLane} ORDER BY ${key}`)
    }
    return {
      counters,
      topic: await rows('topic'),
      received_rate: await rows('received_rate'),
      subscription: await rows('subscription'),
      delivery: await rows('delivery'),
      late_ack: await rows('late_ack'),
      dead_letter: await rows('dead_letter'),
    }
  }

  async isUnfinished(): Promise<boolean> {
    const [head] = await this.#ask(`SELECT is_copying FROM lane_head WHERE lane = ${onlyLane}`)
    return Boolean(head?.is_copying)
  }

  begin(found: CopiedState): Promise<void> {
    return this.#commit(async () => {
      const head = await this.#lockHead()
      // Every append is received.
      if (Number(head.received) !== Number(found.counters.received)) throw inUse()
      await this.#requireUnused()
      await this.#connection.run(`UPDATE lane_head SET is_copying = true WHERE lane = ${onlyLane}`)
    })
  }

  async finish(): Promise<void> {
    await this.#commit(async () => {
      await this.#connection.run(`UPDATE lane_head SET is_copying = false WHERE lane = ${onlyLane}`)
    })
  }

  putRows(log: CopiedLog, rows: readonly CopyRow[]): Promise<void> {
    return this.#commit(() => (log === 'event' ? this.#putEvents(rows) : this.#insert(log, rows)))
  }

  putState(state: CopiedState): Promise<void> {
    return this.#commit(async () => {
      await this.#lockHead()
      await this.#requireUnused()
      for (const table of stateTables) {
        await this.#connection.run(`DELETE FROM ${table} WHERE lane = ${onlyLane}`, limitMs)
        const rows: readonly CopyRow[] = state[table]
        for (let at = 0; at < rows.length; at += rowsPerStatement) {
          await this.#insert(
            table,
            rows.slice(at, at + rowsPerStatement).map((row) => ({ ...row, ...extraOf(table, row) })),
          )
        }
      }
      const counters = Object.entries(state.counters).map(([column, value]) => `${column} = ${Number(value)}`)
      await this.#connection.run(`UPDATE lane_head SET ${counters.join(', ')} WHERE lane = ${onlyLane}`)
      const nextId = 1 + Math.max(0, ...state.subscription.map(({ id }) => Number(id)))
      // The change is for nodes that wait for the end of the copy: they look at the subscriptions again.
      await this.#connection.run(
        `UPDATE subscription_head SET next_id = greatest(next_id, ${nextId}), changes = changes + 1, copied_changes = changes + 1
         WHERE lane = ${onlyLane}`,
      )
    })
  }

  dropRowsBefore(log: Exclude<CopiedLog, 'event'>, firstId: number): Promise<void> {
    return this.#commit(async () => {
      await this.#connection.run(`DELETE FROM ${log} WHERE lane = ${onlyLane} AND id < ${firstId}`, limitMs)
    })
  }

  async findUnrecognised(events: readonly CopyRow[]): Promise<CopyRow | undefined> {
    const found = await this.#connection.query(findKeys, [uuidArray(events.map(keyOf))], limitMs)
    const seqs = new Map(found.map(({ n, seq }) => [Number(n) - 1, seq]))
    return events.find(({ seq }, at) => seqs.get(at) !== seq)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection.close()
  }

  async #putEvents(rows: readonly CopyRow[]): Promise<void> {
    const head = await this.#lockHead()
    const firstSeq = Number(rows[0]?.seq)
    if (firstSeq !== Number(head.next_seq)) throw inUse()
    const gap = rows.findIndex(({ seq }, at) => seq !== firstSeq + at)
    if (gap >= 0) throw new AppError('store_unavailable', `the log to be copied has a gap before seq ${rows[gap]?.seq}`)
    await addPartitions(this.#connection, {
      from: Number(head.partitioned_to),
      to: firstSeq + rows.length,
      partitionEvents: defaultPartitionEvents,
    })
    await this.#insert('event', rows.map(eventRow))
    // In the order of the index, as appends do.
    const keys = rows.map((row) => ({ seq: Number(row.seq), key: keyOf(row) })).sort((a, b) => (a.key < b.key ? -1 : 1))
    const values = [uuidArray(keys.map(({ key }) => key)), bigintArray(keys.map(({ seq }) => seq))]
    await this.#connection.query(insertKeys, values, limitMs)
    await this.#connection.run(
      `UPDATE lane_head SET next_seq = next_seq + ${rows.length}, received = received + ${rows.length},
         unique_processed = unique_processed + ${rows.length} WHERE lane = ${onlyLane}`,
    )
  }

  async #lockHead(): Promise<Row> {
    const [head = {}] = await this.#connection.query(lockHead)
    return head
  }

  /** Until the commit nobody comes, goes, or moves on. */
  async #requireUnused(): Promise<void> {
    await this.#connection.run(`SELECT FROM subscription_head WHERE lane = ${onlyLane} FOR UPDATE`)
    await this.#connection.run(`SELECT FROM subscription WHERE lane = ${onlyLane} FOR UPDATE`)
    const [row] = await this.#ask(
      `SELECT changes + (SELECT coalesce(sum(changes), 0) FROM subscription WHERE lane = ${onlyLane})::bigint = copied_changes AS is_unused
       FROM subscription_head WHERE lane = ${onlyLane}`,
    )
    if (row?.is_unused) return
    throw new AppError(
      'store_unavailable',
      'a server has worked with the target since it was copied; it was left as it is, because its subscriptions have moved on',
    )
  }

  /** Columns that a row does not name are null, but for the lane. */
  async #insert(table: CopiedLog | StateTable, rows: readonly CopyRow[]): Promise<void> {
    const json = JSON.stringify(rows.map((row) => ({ lane: onlyLane, ...row })))
    const statement = {
      name: `copy_${table}`,
      text: `INSERT INTO ${table} SELECT * FROM json_populate_recordset(NULL::${table}, $1::json)`,
    }
    await this.#connection.query(statement, [json], limitMs)
  }

  #commit(work: () => Promise<void>): Promise<void> {
    return inTransaction(this.#connection, async () => {
      await begin(this.#connection)
      await work()
      await commit(this.#connection)
    })
  }

  async #ask(text: string): Promise<CopyRow[]> {
    const { rows } = await this.#connection.run(text, limitMs)
    return rows.map((row) => ({ ...(row as CopyRow) }))
  }
}

/** What the target's tables have beside the columns that all stores share. */
function extraOf(table: StateTable, row: CopyRow): CopyRow {
  if (table !== 'subscription') return {}
  return { changes: 0, lease_secret: `\\x${row.lease_secret}` }
}

function inUse(): AppError {
  return new AppError('store_unavailable', 'somebody else writes to the target; stop all its servers and begin again')
}

function eventRow({ instant_fraction, ...row }: CopyRow): CopyRow {
  const fraction = String(instant_fraction)
  return {
    ...row,
    instant_head: fraction.slice(0, indexedFractionDigits),
    instant_rest: fraction.slice(indexedFractionDigits),
  }
}

function keyOf({ topic, event_id }: CopyRow): EventKey {
  return eventKey(`${topic}`, `${event_id}`, 0)
}
