/** Somebody else's reader keeps the WAL from being reused; it is bounded all the same. */
import assert from 'node:assert/strict'
import { statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { openCheckpointer } from '../../../src/stores/sqlite/checkpoint.ts'
import { openForWriting } from '../../../src/stores/sqlite/open-database.ts'
import { newFile } from './sqlite-files.ts'

const maxWalBytes = 1024 * 1024
const isFull = { code: 'store_unavailable', message: /another program has been reading/ }

function openBench(t: TestContext) {
  const path = newFile(t)
  const db = openForWriting(path)
  t.after(() => db.close())
  const checkpointer = openCheckpointer(db, { maxWalBytes })
  const insert = db.prepare('INSERT INTO topic VALUES (?, ?, 0, 0, 0, 0, 0, 0)')
  let rows = 0
  const commit = () => {
    insert.run(++rows, `${rows} ${'x'.repeat(50_000)}`)
    checkpointer.afterCommit()
  }
  const commitWhileThereIsRoom = () => {
    for (let count = 0; count < 1000; count++) {
      checkpointer.requireRoom()
      commit()
    }
  }
  return { path, checkpointer, commit, commitWhileThereIsRoom, walBytes: () => statSync(`${path}-wal`).size }
}

function holdReader(t: TestContext, path: string): DatabaseSync {
  const reader = new DatabaseSync(path, { readOnly: true })
  t.after(() => reader.isOpen && reader.close())
  reader.exec('BEGIN')
  reader.prepare('SELECT count(*) FROM topic').get()
  return reader
}

test('a WAL that a reader holds open is full at its bound, and says why', (t) => {
  const { path, checkpointer, commit, commitWhileThereIsRoom, walBytes } = openBench(t)
  commit()
  holdReader(t, path)
  assert.throws(commitWhileThereIsRoom, isFull)
  assert.ok(walBytes() < maxWalBytes + 200_000, `${walBytes()} bytes`)
  assert.throws(() => checkpointer.requireRoom(), isFull)
})

test('once the reader is gone there is room again', (t) => {
  const { path, checkpointer, commit, commitWhileThereIsRoom, walBytes } = openBench(t)
  commit()
  const reader = holdReader(t, path)
  assert.throws(commitWhileThereIsRoom, isFull)
  reader.close()
  checkpointer.requireRoom()
  assert.equal(walBytes(), 0)
  commit()
  checkpointer.requireRoom()
})
