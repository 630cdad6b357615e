/**
 * An fsync that fails is never taken for one that may be tried again: the next one may succeed, and what the first one
 * should have written may be gone. The kernel that forgets is played by the shim.
 */
import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { openIoShim, type Strike } from '../../torture/shim/io-shim.ts'
import { openStore } from '../stores/sqlite/sqlite-files.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import type { Outcomes } from './failed-sync-writer.ts'

const writer = fileURLToPath(new URL('./failed-sync-writer.ts', import.meta.url))

interface Struck {
  readonly file: string
  readonly outcomes: Outcomes
  readonly struck: number
}

/** Lets the writer commit what it commits, while the disk fails as told. */
async function strikeWriter(t: TestContext, strike: Strike, chars = 10): Promise<Struck> {
  const top = temporaryFolder(t)
  const folder = join(top, 'store')
  mkdirSync(folder)
  using shim = openIoShim({ folder, controlFile: join(top, 'control') })
  const file = join(folder, 'events.db')
  const child = fork(writer, [file, String(chars)], { env: { ...process.env, ...shim.env }, execArgv: [] })
  t.after(() => child.kill('SIGKILL'))
  const ended = once(child, 'exit').then(([code, signal]) => {
    throw new Error(`the writer ended with ${signal ?? code}`)
  })
  ended.catch(() => {})
  await Promise.race([once(child, 'message'), ended])
  shim.strike(strike)
  const replied = once(child, 'message')
  child.send('go')
  const [outcomes]: Outcomes[] = await Promise.race([replied, ended])
  assert.ok(outcomes !== undefined)
  await ended.catch(() => {})
  return { file, outcomes, struck: shim.struck }
}

async function assertWhole(file: string, eventIds: readonly string[]): Promise<void> {
  {
    await using store = await openStore(file)
    for (const eventId of eventIds) assert.ok(await store.findEvent('logs.test', eventId), `${eventId} is stored`)
    assert.equal((await store.append([])).length, 0)
  }
  const db = new DatabaseSync(file, { readOnly: true })
  assert.deepEqual({ ...db.prepare('PRAGMA integrity_check').get() }, { integrity_check: 'ok' })
  db.close()
}

test('after an fsync of a commit has failed nothing more is acknowledged, whatever waits and whatever fsync says then', async (t) => {
  const strike: Strike = { calls: ['sync'], files: ['wal'], before: 0, times: 1, error: 'EIO' }
  const { file, outcomes, struck } = await strikeWriter(t, strike)
  assert.equal(struck, 1)
  assert.deepEqual([...new Set(Object.values(outcomes))], ['store_failed'], JSON.stringify(outcomes))
  await assertWhole(file, ['before'])
})

test('after an fsync of a checkpoint has failed nothing more is acknowledged, and what was is there', async (t) => {
  const strike: Strike = { calls: ['sync'], files: ['database'], before: 0, times: 1, error: 'EIO' }
  const { file, outcomes, struck } = await strikeWriter(t, strike, 5_000_000)
  assert.equal(struck, 1)
  const { first, ...others } = outcomes
  assert.equal(first, 'done')
  assert.deepEqual([...new Set(Object.values(others))], ['store_failed'], JSON.stringify(outcomes))
  await assertWhole(file, ['before', 'first'])
})

test('after a write has failed nothing more is acknowledged', async (t) => {
  const strike: Strike = { calls: ['write'], files: ['wal'], before: 0, times: 1, error: 'EIO' }
  const { file, outcomes } = await strikeWriter(t, strike)
  assert.deepEqual([...new Set(Object.values(outcomes))], ['store_failed'], JSON.stringify(outcomes))
  await assertWhole(file, ['before'])
})

test('a write that writes half is gone on with, and one without room is refused alone', async (t) => {
  const half = await strikeWriter(t, { calls: ['write'], files: ['wal'], before: 0, times: 1, error: 'short' })
  assert.deepEqual([half.struck, ...new Set(Object.values(half.outcomes))], [1, 'done'])
  await assertWhole(half.file, ['before', 'first', 'second'])
  const full = await strikeWriter(t, { calls: ['write'], files: ['wal'], before: 0, times: 1, error: 'ENOSPC' })
  const { first, ...others } = full.outcomes
  assert.equal(first, 'disk_full')
  assert.deepEqual([...new Set(Object.values(others))], ['done'])
  await assertWhole(full.file, ['before', 'first', 'second'])
})
