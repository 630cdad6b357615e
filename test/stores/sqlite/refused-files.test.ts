/** Files that are not ours stay as they are. */
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { newEvent } from '../../support/events.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { crashedFile, flipBit, makeDatabase, newFile, openStore } from './sqlite-files.ts'

/** A store that opens where it should not must not keep the test from ending. */
async function openAndClose(path: string): Promise<void> {
  await (await openStore(path))[Symbol.asyncDispose]()
}

async function assertRefusedAndUntouched(path: string, message: RegExp): Promise<void> {
  const before = readFileSync(path)
  await assert.rejects(openAndClose(path), { code: 'store_unavailable', message })
  await assert.rejects(openAndClose(path), { code: 'store_unavailable', message })
  assert.deepEqual(readFileSync(path), before)
  assert.equal(existsSync(`${path}-wal`), false)
}

test('a file of the original program is refused by name', async (t) => {
  const path = newFile(t)
  makeDatabase(
    path,
    `PRAGMA journal_mode = WAL;
     CREATE TABLE processed_events (topic TEXT, event_id TEXT, first_seen_at TEXT, PRIMARY KEY (topic, event_id));
     CREATE TABLE event_payloads (topic TEXT, event_id TEXT, timestamp TEXT, source TEXT, payload TEXT,
       processed_at TEXT, PRIMARY KEY (topic, event_id));
     CREATE TABLE system_stats (key TEXT PRIMARY KEY, value INTEGER);
     INSERT INTO processed_events VALUES ('logs.test', '1', '2025-01-01T00:00:00');`,
  )
  await assertRefusedAndUntouched(path, /events\.db belongs to the program that Sekali grew out of; choose another/)
})

test('an SQLite file of another program is refused', async (t) => {
  const path = newFile(t)
  makeDatabase(path, 'CREATE TABLE notes (text TEXT); INSERT INTO notes VALUES (1)')
  await assertRefusedAndUntouched(path, /events\.db is an SQLite file, but not one of Sekali's/)
})

test('an SQLite file of another program that numbers its schema is refused', async (t) => {
  const path = newFile(t)
  makeDatabase(path, 'CREATE TABLE notes (text TEXT); PRAGMA user_version = 1; PRAGMA application_id = 7')
  await assertRefusedAndUntouched(path, /events\.db is an SQLite file, but not one of Sekali's/)
})

test('a file of a newer version is refused', async (t) => {
  const path = newFile(t)
  await openAndClose(path)
  makeDatabase(path, 'PRAGMA user_version = 999')
  await assertRefusedAndUntouched(path, /events\.db was written by a newer version of Sekali \(schema 999, /)
})

test('a file that is no database is refused', async (t) => {
  const path = newFile(t)
  writeFileSync(path, 'a line of a log file, and nothing that SQLite knows\n'.repeat(100))
  await assertRefusedAndUntouched(path, /events\.db is not an SQLite file; choose another file/)
})

test('a WAL that is damaged before commits that were acknowledged is refused, and left as it is', async (t) => {
  for (const offset of [16, 60, 9000, 20_000]) {
    const { path, wal } = await crashedFile(t, 5)
    flipBit(wal, offset)
    const before = [readFileSync(path), readFileSync(wal)]
    for (let attempt = 0; attempt < 2; attempt++) {
      await assert.rejects(openAndClose(path), {
        code: 'store_unavailable',
        message: /events\.db-wal is damaged (at frame \d+|in its header): at least \d commits are behind it/,
      })
    }
    assert.deepEqual([readFileSync(path), readFileSync(wal)], before, `${offset}`)
    assert.equal(existsSync(`${path}-shm`), false)
  }
})

test('a WAL whose last commit is not whole is what a crash leaves: the store opens without it', async (t) => {
  const { path, wal, lastStart } = await crashedFile(t, 5)
  flipBit(wal, lastStart + 100)
  await using store = await openStore(path)
  assert.equal((await store.stats()).uniqueProcessed, 4)
})

test('what failed commits have left behind the end of a WAL is no damage, whatever it says of ends of commits', async (t) => {
  const { path, wal } = await crashedFile(t, 5)
  const [headerBytes, frameBytes] = [32, 24 + 8192]
  const bytes = readFileSync(wal)
  const frames = Array.from({ length: (bytes.length - headerBytes) / frameBytes }, (_, index) =>
    bytes.subarray(headerBytes + index * frameBytes, headerBytes + (index + 1) * frameBytes),
  )
  const isEnd = (frame: Buffer) => frame.readUInt32BE(4) > 0
  const left = frames.filter(isEnd).slice(-3)
  const whole = frames.slice(0, frames.indexOf(left[0] ?? assert.fail()) + 1)
  writeFileSync(wal, Buffer.concat([bytes.subarray(0, headerBytes), ...whole, Buffer.alloc(frameBytes), ...left]))
  await using store = await openStore(path)
  assert.equal((await store.stats()).uniqueProcessed, 3)
})

test('a refused file holds nothing back: the same name may be used once the file is gone', async (t) => {
  const path = newFile(t)
  writeFileSync(path, 'x'.repeat(5000))
  await assert.rejects(openAndClose(path), { code: 'store_unavailable' })
  rmSync(path)
  await using store = await openStore(path)
  assert.equal((await store.append([newEvent()]))[0]?.status, 'stored')
})

test('an empty file is a new store', async (t) => {
  const path = newFile(t)
  writeFileSync(path, '')
  await using store = await openStore(path)
  assert.equal((await store.append([newEvent()]))[0]?.seq, 1)
})

test('the folders above a new file are made', async (t) => {
  const path = join(temporaryFolder(t), 'a', 'b c', 'é', 'events.db')
  await using store = await openStore(path)
  await store.append([newEvent()])
  assert.ok(existsSync(path))
})

test('a place where no file can be is refused by its name', async (t) => {
  const folder = temporaryFolder(t)
  writeFileSync(join(folder, 'file'), '')
  mkdirSync(join(folder, 'folder'))
  const belowFile = join(folder, 'file', 'events.db')
  await assert.rejects(openStore(belowFile), { code: 'store_unavailable', message: /file.events\.db cannot be opened/ })
  await assert.rejects(openStore(join(folder, 'folder')), {
    code: 'store_unavailable',
    message: /folder cannot be opened/,
  })
})

test('a file beside which no lock can be made is refused by its name', async (t) => {
  const path = newFile(t)
  makeDatabase(path, '')
  // A folder of the lock's name stands for every reason, also for users whom permissions do not stop.
  mkdirSync(`${path}.lock`)
  await assert.rejects(openStore(path), { code: 'store_unavailable', message: /events\.db\.lock cannot be opened/ })
})

test('a file that somebody else reads for long is refused rather than opened without the barrier', async (t) => {
  const path = newFile(t)
  {
    await using store = await openStore(path)
    await store.append([newEvent()])
  }
  const other = new DatabaseSync(path)
  t.after(() => other.close())
  // Something in the WAL for the barrier to move, and a reader that still needs the file as it was.
  other.exec('UPDATE topic SET last_seen_ms = last_seen_ms + 1; BEGIN; SELECT * FROM topic')
  await assert.rejects(openStore(path), { code: 'store_locked', message: /is being read by another process/ })
})
