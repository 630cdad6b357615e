import assert from 'node:assert/strict'
import type { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import type { NewEvent } from '../../../src/core/event.ts'
import { type AppendResult, type Counters, storeLimits } from '../../../src/core/event-store.ts'
import { PackedEvents } from '../../../src/core/packed-events.ts'
import type { IndexBuild } from '../../../src/stores/sqlite/build-index.ts'
import { type EventWriter, openEventWriter } from '../../../src/stores/sqlite/event-writer.ts'
import { openForWriting } from '../../../src/stores/sqlite/open-database.ts'
import { unpackResults } from '../../../src/stores/sqlite/packed-results.ts'
import { openRateWriter } from '../../../src/stores/sqlite/statistics/rate-writer.ts'
import { openStoredDedupIndex, shareMemtables } from '../../../src/stores/sqlite/stored-dedup-index.ts'
import { openStoredTimeIndex, shareTimeRing } from '../../../src/stores/sqlite/stored-time-index.ts'
import { newEvent } from '../../support/events.ts'
import { newFile } from './sqlite-files.ts'

const nowMs = 1_769_851_800_000

interface TestWriter {
  append(events: readonly NewEvent[], nowMs: number): AppendResult[]
  counters(): Counters
}

function openWriter(t: TestContext): { readonly db: DatabaseSync; readonly writer: TestWriter } {
  const db = openForWriting(newFile(t))
  t.after(() => db.close())
  const build: IndexBuild = { db, mustRebuild: [], notify: () => {}, checkpoint: () => {} }
  const dedupIndex = openStoredDedupIndex(build, shareMemtables())
  const timeIndex = openStoredTimeIndex(build, shareTimeRing())
  return { db, writer: asTestWriter(openEventWriter({ db, dedupIndex, timeIndex, rates: openRateWriter({ db }) })) }
}

function asTestWriter(writer: EventWriter): TestWriter {
  return {
    append: (events, nowMs) => unpackResults(writer.append(PackedEvents.from(events), nowMs)),
    counters: () => writer.counters,
  }
}

/** Not a number, which no column takes: its row is refused in the middle of the transaction. */
function unstorableEvent(): NewEvent {
  return { ...newEvent({ topic: 'unstorable' }), instant: { ms: Number.NaN, fraction: '' } }
}

function rowCounts(db: DatabaseSync): Record<string, unknown> {
  const tables = ['event', 'topic', 'duplicate', 'conflict']
  const counts = tables.map((table) => `(SELECT count(*) FROM ${table}) AS ${table}`)
  return { ...db.prepare(`SELECT ${counts.join(', ')}`).get(), ...db.prepare('SELECT * FROM counters').get() }
}

test('an append that fails in the middle leaves nothing behind', (t) => {
  const { db, writer } = openWriter(t)
  const stored = newEvent()
  writer.append([stored], nowMs)
  const [rows, counters] = [rowCounts(db), writer.counters()]
  const batch = [newEvent({ topic: 'new' }), stored, { ...stored, source: 'other' }, unstorableEvent()]
  for (let round = 0; round < 3; round++) assert.throws(() => writer.append(batch, nowMs))
  assert.deepEqual(rowCounts(db), rows)
  assert.deepEqual(writer.counters(), counters)
})

test('after an append that failed, the next one gives the same seqs and finds its topics', (t) => {
  const { db, writer } = openWriter(t)
  const events = [newEvent({ topic: 'new' }), newEvent({ topic: 'newer' })]
  assert.throws(() => writer.append([...events, unstorableEvent()], nowMs))
  assert.deepEqual(writer.append(events, nowMs), [
    { status: 'stored', seq: 1 },
    { status: 'stored', seq: 2 },
  ])
  assert.deepEqual(
    db
      .prepare('SELECT topic FROM event_payloads ORDER BY topic')
      .all()
      .map(({ topic }) => topic),
    ['new', 'newer'],
  )
})

test('after an append that failed, only the conflicts on record are counted', (t) => {
  const { db, writer } = openWriter(t)
  const stored = newEvent()
  const conflict = { ...stored, source: 'other' }
  writer.append([stored], nowMs)
  const brokenConflict = { ...stored, payload: null as unknown as string }
  assert.throws(() => writer.append([conflict, brokenConflict], nowMs))
  writer.append([conflict], nowMs)
  const { conflict: onRecord, conflict_rows: counted, topic } = rowCounts(db)
  assert.deepEqual([onRecord, counted, topic], [1, 1, 1])
  assert.deepEqual(
    { ...db.prepare('SELECT events, duplicates, conflicts FROM topic').get() },
    {
      events: 1,
      duplicates: 1,
      conflicts: 1,
    },
  )
})

test('of more conflicts than are kept the oldest leave the list, and all of them stay counted', (t) => {
  const { db, writer } = openWriter(t)
  const stored = newEvent()
  writer.append([stored], nowMs)
  const batch = new Array(10_000).fill({ ...stored, payload: '{}' })
  const rounds = storeLimits.maxConflictRecords / batch.length + 1
  for (let round = 0; round < rounds; round++) writer.append(batch, nowMs)
  const { conflict: onRecord, conflict_rows: counted, conflicts } = rowCounts(db)
  assert.deepEqual([onRecord, counted], [storeLimits.maxConflictRecords, storeLimits.maxConflictRecords])
  assert.equal(conflicts, rounds * batch.length)
  const { oldest } = db.prepare('SELECT min(id) AS oldest FROM conflict').get() ?? {}
  assert.equal(oldest, batch.length + 1)
})

test('the indexes are told of every commit and of every rollback', (t) => {
  const db = openForWriting(newFile(t))
  t.after(() => db.close())
  const told: string[] = []
  const tell = (name: string) => ({
    settle: () => told.push(`${name} settle`),
    undo: () => told.push(`${name} undo`),
  })
  const dedupIndex = {
    ...tell('dedup'),
    checkAndMark: (keys: readonly unknown[], next: number) => keys.map((_, at) => next + at),
  }
  const timeIndex = { ...tell('time'), record: () => {}, workFor: () => {} }
  const writer = asTestWriter(openEventWriter({ db, dedupIndex, timeIndex, rates: openRateWriter({ db }) }))
  writer.append([newEvent()], nowMs)
  assert.throws(() => writer.append([newEvent(), unstorableEvent()], nowMs))
  writer.append([newEvent()], nowMs)
  const of = (what: string) => [`dedup ${what}`, `time ${what}`]
  assert.deepEqual(told, [...of('settle'), ...of('undo'), ...of('settle')])
})
