/**
 * Who owns files of a spool: a lock of the operating system, which ends with its process however that ends. SQLite holds it,
 * because Node has no locks of files.
 */
import { existsSync, unlinkSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'

export interface SpoolLock {
  /** Gives it up. */
  release(): void
  /** Nobody needs it any more. Removed while it is held: who waits for it then finds nothing to own. */
  remove(): void
}

/** A lock that nobody else knows of yet. @returns undefined when somebody was faster nevertheless: take another name. */
export function createLock(path: string): SpoolLock | undefined {
  const lock = lockFile(path, 'rwc')
  // Whoever had it for a moment took it for that of a dead process, and removed it.
  if (lock === undefined || existsSync(path)) return lock
  lock.release()
  return undefined
}

/** The lock of a process that is dead. @returns undefined when that lives, or somebody else has it. */
export function takeLock(path: string): SpoolLock | undefined {
  return lockFile(path, 'rw')
}

function lockFile(path: string, mode: 'rw' | 'rwc'): SpoolLock | undefined {
  const url = pathToFileURL(path)
  url.searchParams.set('mode', mode)
  let db: DatabaseSync | undefined
  try {
    db = new DatabaseSync(url)
    db.exec('BEGIN EXCLUSIVE')
  } catch {
    // Busy, gone, or not to be opened: in each case it is not ours.
    db?.close()
    return undefined
  }
  const held = db
  return {
    release: () => held.close(),
    remove() {
      try {
        unlinkSync(path)
      } catch {
        // It is gone, with its folder perhaps; or it stays, and owns nothing.
      }
      held.close()
    },
  }
}
