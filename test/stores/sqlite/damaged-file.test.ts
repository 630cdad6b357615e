import assert from 'node:assert/strict'
import { closeSync, openSync, statSync, writeSync } from 'node:fs'
import { test } from 'node:test'
import { newEvent } from '../../support/events.ts'
import { newFile, openStore, query } from './sqlite-files.ts'

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

test('events out of order end the start of the store, instead of being read over and over', {
  timeout: 60_000,
}, async (t) => {
  const path = newFile(t)
  {
    await using store = await openStore(path)
    await store.append(Array.from({ length: 200 }, () => newEvent()))
  }
  zeroLastEvents(path)
  await assert.rejects(
    async () => {
      await using _ = await openStore(path)
    },
    {
      code: 'store_damaged',
      message: /^event 0 is stored after event \d+: the file is damaged/,
    },
  )
})

/** The cells of the last page that holds events: each then reads as a row of nothing, with the seq 0. */
function zeroLastEvents(path: string): void {
  const [page] = query(
    path,
    "SELECT max(pageno) AS number, pgsize AS bytes FROM dbstat WHERE name = 'event' AND pagetype = 'leaf'",
  )
  const bytes = Number(page?.bytes)
  const fd = openSync(path, 'r+')
  try {
    writeSync(fd, Buffer.alloc(bytes - 1024), 0, bytes - 1024, (Number(page?.number) - 1) * bytes + 1024)
  } finally {
    closeSync(fd)
  }
}

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
