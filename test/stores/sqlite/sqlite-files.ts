/** SQLite files for tests: read and copied by other connections and other processes than the store's. */
import { execFileSync } from 'node:child_process'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { TestContext } from 'node:test'
import { systemClock } from '../../../src/core/clock.ts'
import type { EventStore } from '../../../src/core/event-store.ts'
import { openSqliteEventStore } from '../../../src/stores/sqlite/sqlite-event-store.ts'
import { newEvent } from '../../support/events.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

export type Row = Record<string, unknown>

/** The path of a file that does not exist yet, in a folder of its own. */
export function newFile(t: TestContext): string {
  return join(temporaryFolder(t), 'events.db')
}

export function openStore(path: string): Promise<EventStore> {
  return openSqliteEventStore(path, { clock: systemClock })
}

/** Runs one query on a connection of its own that can only read. */
export function query(path: string, sql: string): Row[] {
  const db = new DatabaseSync(path, { readOnly: true })
  try {
    return db
      .prepare(sql)
      .all()
      .map((row) => ({ ...row }))
  } finally {
    db.close()
  }
}

/** Makes an SQLite file of other people. */
export function makeDatabase(path: string, sql: string): void {
  const db = new DatabaseSync(path)
  db.exec(sql)
  db.close()
}

/**
 * Copies files as a crash would leave them. By another process, because a process that closes any descriptor of a file
 * loses its locks on that file.
 */
export function copyFiles(paths: readonly string[], folder: string): void {
  execFileSync('cp', [...paths, folder])
}

/** A store as a crash leaves it: so many commits are in the WAL and nowhere else. @returns where the last of them begins in it. */
export async function crashedFile(
  t: TestContext,
  commits: number,
): Promise<{ path: string; wal: string; lastStart: number }> {
  const running = newFile(t)
  await using store = await openStore(running)
  let lastStart = 0
  for (let commit = 0; commit < commits; commit++) {
    lastStart = statSync(`${running}-wal`).size
    await store.append([newEvent()])
  }
  const folder = temporaryFolder(t)
  copyFiles([running, `${running}-wal`], folder)
  const path = join(folder, basename(running))
  return { path, wal: `${path}-wal`, lastStart }
}

/** Damages a file. */
export function flipBit(path: string, offset: number): void {
  const bytes = readFileSync(path)
  bytes[offset] = (bytes[offset] ?? 0) ^ 1
  writeFileSync(path, bytes)
}
