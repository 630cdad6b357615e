/** The writer's side of subscriptions, on a connection of the test's own: commits that fail, and tables that stay small. */
import assert from 'node:assert/strict'
import type { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { subscriptionLimits } from '../../../src/core/subscription.ts'
import type { DeliveryCommand, DeliveryOutcome } from '../../../src/core/subscription-store.ts'
import { deliveryBounds } from '../../../src/stores/delivery-rules.ts'
import { openForWriting } from '../../../src/stores/sqlite/open-database.ts'
import type { ClaimPlan, GivenLease } from '../../../src/stores/sqlite/subscriptions/claim-writer.ts'
import { openSubscriptionWriting } from '../../../src/stores/sqlite/subscriptions/subscription-threads.ts'
import { newFile } from './sqlite-files.ts'

const name = 'worker'
const nowMs = 1_769_851_800_000
const leaseMs = 1000
const tables = ['subscription', 'delivery', 'late_ack', 'dead_letter', 'discarded']

type Writing = ReturnType<typeof openSubscriptionWriting>

interface Bench extends Writing {
  readonly db: DatabaseSync
  /** Gives these events, or gives them again. */
  claim(fields: Partial<ClaimPlan>, atMs?: number): readonly GivenLease[] | undefined
  settle(kind: 'ack' | 'nack' | 'extend', leases: readonly GivenLease[], atMs?: number): DeliveryOutcome[]
}

function openBench(t: TestContext, maxAttempts = 2): Bench {
  const db = openForWriting(newFile(t))
  t.after(() => db.close())
  const writing = openSubscriptionWriting(db)
  const { methods } = writing
  const settings = { topics: [], leaseMs, maxAttempts, push: undefined }
  assert.equal(methods.createSubscription({ name, settings, start: { kind: 'earliest' }, nowMs }), 'created')
  return {
    ...writing,
    db,
    claim(fields, atMs = nowMs) {
      const { id = 0, epoch = 0, cursor = 0 } = db.prepare('SELECT id, epoch, cursor FROM subscription').get() ?? {}
      const at = { subscriptionId: Number(id), epoch: Number(epoch), cursor: Number(cursor), through: Number(cursor) }
      const plan = { ...at, dueSeqs: [], newSeqs: [], hasExhausted: false, ...fields }
      return methods.claimDeliveries({ plan, moment: { nowMs: atMs, wallMs: atMs } })?.leases
    },
    settle(kind, leases, atMs = nowMs) {
      const commands = leases.map(({ leaseToken }): DeliveryCommand => {
        const command = { name, leaseToken }
        return kind === 'nack' ? { kind, ...command, delayMs: 0, reason: 'it broke' } : { kind, ...command }
      })
      return methods.settleDeliveries({ commands, moment: { nowMs: atMs, wallMs: atMs } })
    },
  }
}

function contentOf(db: DatabaseSync): unknown {
  return tables.map((table) =>
    db
      .prepare(`SELECT * FROM ${table}`)
      .all()
      .map((row) => ({ ...row })),
  )
}

function countOf(db: DatabaseSync, table: string): number {
  return Number(db.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.n)
}

/** From now on whatever touches a subscription is refused when it commits, and not before. */
function breakCommits(db: DatabaseSync): Disposable {
  db.exec(`
    CREATE TEMP TABLE parent (id INTEGER PRIMARY KEY);
    CREATE TEMP TABLE broken (id INTEGER REFERENCES parent DEFERRABLE INITIALLY DEFERRED);`)
  for (const event of ['INSERT', 'UPDATE', 'DELETE']) {
    db.exec(
      `CREATE TEMP TRIGGER break_${event} AFTER ${event} ON main.subscription BEGIN INSERT INTO broken VALUES (1); END`,
    )
  }
  return {
    [Symbol.dispose]() {
      for (const event of ['INSERT', 'UPDATE', 'DELETE']) db.exec(`DROP TRIGGER temp.break_${event}`)
      db.exec('DROP TABLE temp.broken; DROP TABLE temp.parent')
    },
  }
}

test('a call whose commit fails leaves nothing behind, and does all of it once commits go through', (t) => {
  const { db, methods, claim, settle } = openBench(t)
  const leases = claim({ newSeqs: [1, 2, 3, 4, 5], through: 5 }) ?? []
  settle('nack', leases.slice(2, 3))
  const again = claim({ dueSeqs: [3] }) ?? []
  settle('nack', again)
  const otherSettings = { topics: ['a'], leaseMs, maxAttempts: 1, push: undefined }
  const calls: (() => unknown)[] = [
    () => claim({ newSeqs: [6, 7], through: 9 }),
    () => claim({ dueSeqs: [4, 5], hasExhausted: true, newSeqs: [8], through: 9 }, nowMs + leaseMs),
    () => settle('ack', leases.slice(0, 2)),
    () => methods.redrive({ name, seqs: undefined, afterSeq: 0, nowMs }),
    () => methods.pauseSubscription({ name, reason: 'because' }),
    () => methods.createSubscription({ name: 'new', settings: otherSettings, start: { kind: 'earliest' }, nowMs }),
    () => methods.seekSubscription({ name, start: { kind: 'earliest' } }),
    () => methods.removeSubscription(name),
  ]
  for (const call of calls) {
    const before = contentOf(db)
    {
      using _ = breakCommits(db)
      for (let round = 0; round < 2; round++) assert.throws(call, /FOREIGN KEY/)
    }
    assert.deepEqual(contentOf(db), before)
    call()
    assert.notDeepEqual(contentOf(db), before)
  }
})

test('a settlement that fails in the middle leaves every lease of its group as it was', (t) => {
  const { db, claim, settle, methods } = openBench(t, 1)
  const leases = claim({ newSeqs: [1, 2, 3], through: 3 }) ?? []
  const before = contentOf(db)
  const [first, second, third] = leases.map(({ leaseToken }) => ({ name, leaseToken }))
  assert.ok(first && second && third)
  // What no column takes: the reason of the dead letter that this nack makes.
  const unstorable = { kind: 'nack', ...third, delayMs: 0, reason: null as unknown as string } as const
  const commands = [{ kind: 'ack', ...first }, { kind: 'extend', ...second }, unstorable] as const
  assert.throws(() => methods.settleDeliveries({ commands, moment: { nowMs: nowMs + 5, wallMs: nowMs + 5 } }))
  assert.deepEqual(contentOf(db), before)
  assert.deepEqual(settle('ack', leases), ['done', 'done', 'done'])
})

test('a claim is refused when the subscription has moved since the look', (t) => {
  const { db, claim, methods } = openBench(t)
  claim({ newSeqs: [1], through: 1 })
  const { id } = db.prepare('SELECT id FROM subscription').get() ?? {}
  const before = contentOf(db)
  for (const moved of [{ cursor: 0 }, { cursor: 2 }, { epoch: 0 }, { epoch: 2 }, { subscriptionId: Number(id) + 1 }]) {
    assert.equal(claim({ ...moved, newSeqs: [2], dueSeqs: [1], through: 2 }, nowMs + leaseMs), undefined)
  }
  assert.deepEqual(contentOf(db), before)
  methods.seekSubscription({ name, start: { kind: 'seq', seq: 1 } })
  assert.equal(claim({ epoch: 1, dueSeqs: [1] }, nowMs + leaseMs), undefined)
})

test('acked events leave nothing behind, those with one lease at once and all others at a bound', (t) => {
  const { db, claim, settle, methods } = openBench(t, 100)
  const { maxLateAcks } = deliveryBounds
  const seqs = (from: number) => Array.from({ length: 1000 }, (_, index) => from + index)
  const leases = claim({ newSeqs: seqs(1), through: 1000 }) ?? []
  settle('ack', leases)
  assert.deepEqual([countOf(db, 'delivery'), countOf(db, 'late_ack')], [0, 0])
  const late: GivenLease[] = []
  for (let from = 1001; from <= maxLateAcks + 2000; from += 1000) {
    settle('nack', claim({ newSeqs: seqs(from), through: from + 999 }) ?? [])
    const again = claim({ dueSeqs: seqs(from) }) ?? []
    settle('ack', again)
    late.push(...again)
  }
  assert.deepEqual([countOf(db, 'delivery'), countOf(db, 'late_ack')], [0, maxLateAcks])
  const outcomes = settle('ack', [...leases.slice(-1), ...late.slice(999, 1001), ...late.slice(-1)])
  assert.deepEqual(outcomes, ['unknown', 'unknown', 'done', 'done'])
  methods.seekSubscription({ name, start: { kind: 'earliest' } })
  assert.deepEqual(settle('ack', late.slice(-1)), ['expired'])
})

test('of more dead letters than are kept those of the oldest events go', (t) => {
  const { db, claim, settle } = openBench(t, 1)
  const { maxDeadLetters } = subscriptionLimits
  db.exec(`
    WITH RECURSIVE series (seq) AS (SELECT 1 UNION ALL SELECT seq + 1 FROM series WHERE seq < ${maxDeadLetters})
      INSERT INTO dead_letter SELECT 1, seq, 1, 1, 1, 0, 'before' FROM series;
    UPDATE subscription SET dead_letters = ${maxDeadLetters}, cursor = ${maxDeadLetters}`)
  const newSeqs = [1, 2, 3, 4].map((index) => maxDeadLetters + index)
  const leases = claim({ newSeqs, through: maxDeadLetters + 4 }) ?? []
  settle('nack', leases.slice(0, 1))
  claim({ hasExhausted: true }, nowMs + leaseMs)
  assert.deepEqual(
    { ...db.prepare('SELECT count(*) AS n, min(seq) AS first, max(seq) AS last FROM dead_letter').get() },
    { n: maxDeadLetters, first: 5, last: maxDeadLetters + 4 },
  )
  const { dead_letters: counted, forgotten_through: forgotten } = db.prepare('SELECT * FROM subscription').get() ?? {}
  assert.deepEqual([counted, forgotten], [maxDeadLetters, 4])
})

test('what a seek or a removal leaves behind is deleted piece by piece', (t) => {
  const { db, claim, methods, purgeSome } = openBench(t)
  const seqs = (from: number) => Array.from({ length: 1000 }, (_, index) => from + index)
  for (const from of [1, 1001]) claim({ newSeqs: seqs(from), through: from + 999 })
  methods.seekSubscription({ name, start: { kind: 'earliest' } })
  claim({ newSeqs: [1, 2, 3], through: 3 })
  const left = () => [countOf(db, 'delivery'), countOf(db, 'discarded')]
  assert.deepEqual(left(), [2003, 1])
  const sizes = []
  for (let round = 0; round < 4; round++) {
    purgeSome()
    sizes.push(left())
  }
  assert.deepEqual(sizes, [
    [1003, 1],
    [3, 1],
    [3, 0],
    [3, 0],
  ])
  claim({ hasExhausted: false, dueSeqs: [1, 2, 3] }, nowMs + leaseMs)
  claim({ hasExhausted: true }, nowMs + 2 * leaseMs)
  assert.equal(countOf(db, 'dead_letter'), 3)
  methods.removeSubscription(name)
  purgeSome()
  assert.deepEqual(
    tables.map((table) => countOf(db, table)),
    [0, 0, 0, 0, 0],
  )
})

test('what a dead process had not deleted yet is deleted by the next', (t) => {
  const { db, claim, methods } = openBench(t)
  claim({ newSeqs: [1, 2, 3], through: 3 })
  methods.removeSubscription(name)
  assert.equal(countOf(db, 'delivery'), 3)
  openSubscriptionWriting(db).purgeSome()
  assert.equal(countOf(db, 'delivery'), 0)
})
