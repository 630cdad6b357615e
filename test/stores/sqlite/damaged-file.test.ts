import assert from 'node:assert/strict'
import { closeSync, openSync, statSync, writeSync } from 'node:fs'
import { test } from 'node:test'
import { newEvent } from '../../support/events.ts'
import { newFile, openStore } from './sqlite-files.ts'

const pageBytes = 4096

test('a file whose pages are damaged fails the store instead of giving wrong answers', async (t) => {
  const path = newFile(t)
  const events = Array.from({ length: 200 }, () => newEvent())
  {
    await using store = await openStore(path)
    await store.append(events)
  }
  overwritePagesFrom(path, 2)
  await assert.rejects(
    async () => {
      await using store = await openStore(path)
      await store.append([newEvent()])
    },
    { name: 'AppError', code: 'store_failed' },
  )
})

/** Page 1 holds the schema and stays. */
function overwritePagesFrom(path: string, firstPage: number): void {
  const fd = openSync(path, 'r+')
  try {
    const noise = Buffer.alloc(pageBytes, 0x5a)
    for (let at = (firstPage - 1) * pageBytes; at < statSync(path).size; at += pageBytes) {
      writeSync(fd, noise, 0, pageBytes, at)
    }
  } finally {
    closeSync(fd)
  }
}
