import assert from 'node:assert/strict'
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { openForWriting } from '../../../src/stores/sqlite/open-database.ts'
import { newEvent } from '../../support/events.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { copyFiles, newFile, openStore, query } from './sqlite-files.ts'

test('the file is in WAL mode', async (t) => {
  const path = newFile(t)
  await using store = await openStore(path)
  await store.append([newEvent()])
  assert.deepEqual(query(path, 'PRAGMA journal_mode'), [{ journal_mode: 'wal' }])
})

test('the write connection syncs every commit, and checkpoints only when told to', (t) => {
  const db = openForWriting(newFile(t))
  t.after(() => db.close())
  const pragma = (name: string) => Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {})
  assert.deepEqual(pragma('journal_mode'), ['wal'])
  const full = 2
  assert.deepEqual(pragma('synchronous'), [full])
  assert.deepEqual(pragma('wal_autocheckpoint'), [0])
})

test('an append of nothing but duplicates writes, so that its ack is as durable as the first', async (t) => {
  const path = newFile(t)
  await using store = await openStore(path)
  const event = newEvent()
  await store.append([event])
  for (let round = 0; round < 3; round++) {
    const walBytes = statSync(`${path}-wal`).size
    assert.equal((await store.append([event]))[0]?.status, 'duplicate')
    assert.ok(statSync(`${path}-wal`).size > walBytes)
  }
})

test('the proof that a commit is possible writes too', async (t) => {
  const path = newFile(t)
  await using store = await openStore(path)
  for (let round = 0; round < 3; round++) {
    const walBytes = statSync(`${path}-wal`).size
    await store.checkWritable()
    assert.ok(statSync(`${path}-wal`).size > walBytes)
  }
})

test('what a dead process left in the WAL is in the file itself once the store is open', async (t) => {
  const path = newFile(t)
  const events = [newEvent(), newEvent()]
  const left = temporaryFolder(t)
  await using store = await openStore(path)
  await store.append(events)
  copyFiles([path, `${path}-wal`], left)
  const copy = join(left, 'events.db')
  await using reopened = await openStore(copy)
  assert.equal((await reopened.append(events))[0]?.status, 'duplicate')
  const withoutWal = temporaryFolder(t)
  copyFiles([copy], withoutWal)
  const rows = query(join(withoutWal, 'events.db'), 'SELECT event_id FROM event_payloads')
  assert.deepEqual(
    rows.map((row) => row.event_id),
    events.map(({ eventId }) => eventId),
  )
})

test('a long run of appends does not grow the WAL without end', async (t) => {
  const path = newFile(t)
  await using store = await openStore(path)
  const payload = JSON.stringify({ text: 'x'.repeat(100_000) })
  for (let round = 0; round < 40; round++) {
    await store.append(Array.from({ length: 10 }, () => newEvent({ payload })))
  }
  const writtenBytes = 40 * 10 * payload.length
  assert.ok(statSync(`${path}-wal`).size < writtenBytes / 2)
  assert.ok(statSync(path).size > writtenBytes / 2)
})

test('closing puts everything into the one file', async (t) => {
  const path = newFile(t)
  const event = newEvent()
  {
    await using store = await openStore(path)
    await store.append([event])
  }
  assert.equal(existsSync(`${path}-wal`), false)
  const folder = temporaryFolder(t)
  copyFiles([path], folder)
  await using copy = await openStore(join(folder, 'events.db'))
  assert.equal((await copy.findEvent(event.topic, event.eventId))?.seq, 1)
})

test('closing does not wait for searches: those under way and those that wait are refused, and the file is whole', async (t) => {
  const path = newFile(t)
  const store = await openStore(path)
  const payload = `{"escapes":"${'\\n'.repeat(2 * 1024 * 1024)}"}`
  await store.append([newEvent({ payload }), newEvent({ payload }), newEvent({ payload })])
  const search = { text: 'needle', order: 'desc', limit: 10, timeBudgetMs: 60_000 } as const
  const outcomes = Promise.allSettled(Array.from({ length: 30 }, () => store.readEvents(search)))
  await store[Symbol.asyncDispose]()
  const refusals = (await outcomes).filter((outcome) => outcome.status === 'rejected')
  assert.ok(refusals.length >= 15, `${refusals.length} of 30 were refused`)
  for (const { reason } of refusals) assert.equal(reason.code, 'store_unavailable')
  assert.equal(existsSync(`${path}-wal`), false)
  await using reopened = await openStore(path)
  assert.equal((await reopened.stats()).uniqueProcessed, 3)
})
