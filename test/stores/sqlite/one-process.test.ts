/** One process per file, whatever name leads to it. */
import assert from 'node:assert/strict'
import { mkdirSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { newEvent } from '../../support/events.ts'
import { startServerProcess } from '../../support/process.ts'
import { newFile, openStore } from './sqlite-files.ts'

const isLocked = { code: 'store_locked', message: /in use by another sekali process/ }

test('a file that is open is refused a second time, and the first store goes on', async (t) => {
  const path = newFile(t)
  await using store = await openStore(path)
  await assert.rejects(openStore(path), isLocked)
  assert.equal((await store.append([newEvent()]))[0]?.seq, 1)
})

test('a closed file may be opened again', async (t) => {
  const path = newFile(t)
  for (let round = 1; round <= 3; round++) {
    await using store = await openStore(path)
    assert.equal((await store.append([newEvent()]))[0]?.seq, round)
  }
})

test('a symbolic link to the file or to its folder is the same file', async (t) => {
  const path = newFile(t)
  const folder = dirname(path)
  await using _store = await openStore(path)
  symlinkSync(path, join(folder, 'link.db'))
  mkdirSync(join(folder, 'links'))
  symlinkSync(folder, join(folder, 'links', 'folder'))
  await assert.rejects(openStore(join(folder, 'link.db')), isLocked)
  await assert.rejects(openStore(join(folder, 'links', 'folder', 'events.db')), isLocked)
})

test('a symbolic link made before its file is the same file', async (t) => {
  const path = newFile(t)
  const link = join(dirname(path), 'link.db')
  symlinkSync(path, link)
  await using _store = await openStore(link)
  await assert.rejects(openStore(path), isLocked)
})

test('a file that another process has open is refused, until that process dies', async (t) => {
  const path = newFile(t)
  const server = await startServerProcess(t, ['--store', `sqlite:${path}`])
  await assert.rejects(openStore(path), isLocked)
  server.child.kill('SIGKILL')
  await server.exited
  await using store = await openStore(path)
  assert.equal((await store.stats()).received, 0)
})
