/** The oracle's checker sees what it is there to see: each promise, broken in a history or in a store, is named. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { History, HistoryReader } from '../../torture/oracle/history.ts'
import { check, checkResend, checkSettled, startBudgetMs } from '../../torture/oracle/invariants.ts'
import { lineOf, parseLine } from '../../torture/oracle/record.ts'
import { digestOf, eventOf } from '../../torture/oracle/sent-event.ts'
import type { Snapshot } from '../../torture/oracle/snapshot.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const digest = (key: string) => digestOf(eventOf(key))
const sent = (key: string) => `S ${key} ${digest(key)}`

/** Three events: two of them acknowledged, one of those twice; the fate of the third is not known, and it is stored. */
const lines: readonly string[] = [
  sent('orders.paid/a'),
  'A orders.paid/a stored 1',
  sent('users/b'),
  'A users/b stored 2',
  'T all 1 orders.paid/a',
  'T all 2 users/b',
  sent('users/b'),
  'A users/b duplicate 2',
  sent('users/c'),
  'U users/c',
  'D all 1 1 orders.paid/a',
  'D all 2 1 users/b',
  'Q all 1',
  'K all 1',
]

const snapshot: Snapshot = {
  rows: ['orders.paid/a', 'users/b', 'users/c'].map((key, index) => ({ seq: index + 1, key, digest: digest(key) })),
  counts: { received: 4, unique: 3, duplicates: 1, conflicts: 0, lastSeq: 3 },
  subscriptions: [{ name: 'all', position: 1, acked: 1, deadLetters: 0 }],
  damage: [],
  startedInMs: 900,
}
const [first, second, third] = snapshot.rows
assert.ok(first !== undefined && second !== undefined && third !== undefined)

function historyOf(texts: readonly string[]): History {
  const history = new History()
  for (const line of texts) history.add(parseLine(line))
  return history
}

const checkAfter = (more: readonly string[], changed: Partial<Snapshot> = {}) =>
  check({ history: historyOf([...lines, ...more]), snapshot: { ...snapshot, ...changed } })

function counting(changed: Partial<Snapshot['counts']>): Partial<Snapshot> {
  return { counts: { ...snapshot.counts, ...changed } }
}

function subscribed(changed: Partial<Snapshot['subscriptions'][number]>): Partial<Snapshot> {
  return { subscriptions: [{ name: 'all', position: 1, acked: 1, deadLetters: 0, ...changed }] }
}

test('a history and a store that agree break no promise', () => {
  assert.deepEqual(checkAfter([]), [])
})

test('every line of an oracle’s file is read as it was written', () => {
  const all = [...lines, 'R users/c 503', 'X an answer that must not come']
  assert.deepEqual(
    all.map((line) => lineOf(parseLine(line))),
    all,
  )
  assert.throws(() => parseLine('Z what is this'), /not a line/)
})

test('a file is followed as it grows, also when a line is not whole yet', (t) => {
  const path = join(temporaryFolder(t), 'oracle.log')
  const text = lines.map((line) => `${line}\n`).join('')
  writeFileSync(path, text.slice(0, 150))
  const reader = new HistoryReader(path)
  reader.read()
  writeFileSync(path, text)
  assert.deepEqual(check({ history: reader.read(), snapshot }), [])
})

const broken: readonly [name: string, what: string, more: readonly string[], changed: Partial<Snapshot>][] = [
  ['I1', 'an acknowledged event is gone', [], { rows: [first, third] }],
  ['I1', 'an acknowledged event has another seq', [], { rows: [first, { ...second, seq: 4 }, third] }],
  ['I1', 'an event that was sent once is answered "duplicate"', [sent('users/d'), 'A users/d duplicate 3'], {}],
  ['I2', 'an event is stored twice', [], { rows: [first, second, third, { ...second, seq: 4 }] }],
  ['I2', 'an event is answered "stored" twice', [sent('users/b'), 'A users/b stored 2'], {}],
  ['I2', 'an event is acknowledged under two seqs', [sent('users/b'), 'A users/b duplicate 3'], {}],
  ['I3', 'an event is stored that nobody sent', [], { rows: [first, second, { ...third, key: 'users/x' }] }],
  ['I4', 'other bytes are stored', [], { rows: [first, second, { ...third, digest: digest('users/x') }] }],
  ['I4', 'a repetition is called a conflict', [sent('users/b'), 'A users/b conflict 2'], {}],
  ['I5', 'a tail is shown two events under one seq', ['T all 3 users/c', 'T some 3 users/b'], {}],
  ['I5', 'an event that a tail was shown is another one now', ['T some 3 users/b'], {}],
  ['I5', 'a subscription is shown another event than the publisher', ['D all 1 2 users/b'], {}],
  ['I5', 'a tail goes back', ['T all 1 orders.paid/a'], {}],
  ['I5', 'the tail of everything leaves an event out', ['T all 4 users/d'], {}],
  ['I6', 'the counters do not add up', [], counting({ received: 5 })],
  ['I6', 'fewer are counted than stored', [], counting({ unique: 2, duplicates: 2 })],
  ['I6', 'fewer are counted than acknowledged', [], counting({ received: 3, duplicates: 0 })],
  ['I6', 'more are counted than sent', [], counting({ received: 5, duplicates: 2 })],
  ['I6', 'a conflict is counted', [], counting({ conflicts: 1 })],
  ['I6', 'the last seq is not that of the last event', [], counting({ lastSeq: 4 })],
  ['I7', 'an event is delivered again after its ack was confirmed', ['D all 1 2 orders.paid/a'], {}],
  ['I7', 'a confirmed ack is not counted', [], subscribed({ acked: 0 })],
  ['I7', 'more acks are counted than were asked for', [], subscribed({ acked: 2 })],
  ['I7', 'the position is beyond what was acked', [], subscribed({ position: 2 })],
  ['I7', 'an event is given up', [], subscribed({ deadLetters: 1 })],
  ['I8', 'the file is damaged', [], { damage: ['PRAGMA integrity_check says: row 1 missing from index'] }],
  ['I9', 'the start takes too long', [], { startedInMs: startBudgetMs + 1 }],
  ['wire', 'an answer comes that must not come', ['X POST /publish was answered 500'], {}],
]

for (const [name, what, more, changed] of broken) {
  test(`${name}: ${what}`, () => {
    const found = checkAfter(more, changed)
    assert.ok(
      found.some((text) => text.startsWith(`${name}: `)),
      `found only: ${found.join('; ')}`,
    )
  })
}

test('I6: once everything has an ack, exactly what was sent is counted', () => {
  const history = historyOf(lines)
  assert.deepEqual(checkSettled({ history, snapshot }), [])
  const fewer = { ...snapshot, ...counting({ unique: 2, duplicates: 2 }) }
  assert.match(String(checkSettled({ history, snapshot: fewer })), /^I6: 3 different events/)
})

test('I10: sending everything again adds duplicates and nothing else', () => {
  const resent = { ...snapshot, ...counting({ received: 7, duplicates: 4 }) }
  assert.deepEqual(checkResend(snapshot, resent, 3), [])
  const wrong: readonly Partial<Snapshot>[] = [
    counting({ received: 6, duplicates: 3 }),
    counting({ received: 7, unique: 4, duplicates: 3 }),
    counting({ received: 7, duplicates: 4, conflicts: 1 }),
    counting({ received: 7, duplicates: 4, lastSeq: 4 }),
    { ...counting({ received: 7, duplicates: 4 }), rows: [...snapshot.rows, { ...second, seq: 4 }] },
  ]
  for (const changed of wrong) assert.match(String(checkResend(snapshot, { ...snapshot, ...changed }, 3)), /^I10: /)
})

test('a store that is lost altogether is described by a few examples and a count', () => {
  const many = Array.from({ length: 100 }, (_, index) => `users/${index}`)
  const acks = many.flatMap((key, index) => [sent(key), `A ${key} stored ${index + 10}`])
  const found = checkAfter(acks).filter((text) => text.startsWith('I1: '))
  assert.equal(found.length, 6)
  assert.equal(found.at(-1), 'I1: and 95 more')
})
