/** Opening the file: one process per file, checked settings, and the durability barrier. */
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, realpathSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { AppError } from '../../core/errors.ts'
import { migrate, readPragma, requireOurFile } from './migrations.ts'
import { fromSqliteError, isBusyError, isNotADatabaseError } from './sqlite-error.ts'
import { readSettledWal, type WalState } from './wal-file.ts'

/** Older versions can corrupt a WAL file when it is reset (sqlite.org/wal.html, "the WAL-reset bug"). */
const minSqliteVersion = [3, 51, 3] as const
/** How long a statement waits for another program that has the file locked. */
export const busyTimeoutMs = 5000
/** Of a new file; measured: half the system calls of 4,096, and a lone commit is not slower. */
const pageBytes = 8192
const writerCacheKib = 16_384
const readerCacheKib = 8192
/** After a checkpoint a WAL larger than this is cut back to it, in bytes. */
const walSizeLimitBytes = 64 * 1024 * 1024

/**
 * The one name of a file, whatever symbolic links lead to it; makes its directory if there is none, durably.
 */
export function canonicalPath(path: string): string {
  const absolute = resolve(path)
  if (existsSync(absolute)) return realpathSync(absolute)
  const directory = dirname(absolute)
  const firstMade = mkdirSync(directory, { recursive: true })
  if (firstMade !== undefined) {
    for (let made = directory; made.length >= firstMade.length; made = dirname(made)) syncDirectory(dirname(made))
  }
  // Made here, because a link to a file that is not there yet has no other name to be resolved to. Only when there is
  // none: closing a file that this process has open elsewhere would drop SQLite's locks on it.
  closeSync(openSync(absolute, 'a'))
  return realpathSync(absolute)
}

function lockPath(path: string): string {
  return `${path}.lock`
}

/**
 * Keeps every other process off the file until the returned connection is closed or the process dies.
 *
 * @throws AppError `store_locked` when another process has it.
 */
export function lockDatabase(path: string): DatabaseSync {
  const lock = openFile(lockPath(path))
  try {
    lock.exec('BEGIN EXCLUSIVE')
    return lock
  } catch (thrown) {
    lock.close()
    if (!isBusyError(thrown)) throw thrown
    throw new AppError('store_locked', `${path} is in use by another sekali process; stop it or choose another --store`)
  }
}

/**
 * Whether another process has the lock of `lockDatabase` now. Leaves no file behind. Not for a process that has the store
 * open itself: closing the lock file would drop its own lock.
 */
export function isDatabaseLocked(path: string): boolean {
  if (!existsSync(lockPath(path))) return false
  const db = new DatabaseSync(lockPath(path), { readOnly: true, timeout: 0 })
  try {
    db.prepare('SELECT count(*) FROM sqlite_schema').get()
    return false
  } catch (thrown) {
    if (isBusyError(thrown)) return true
    throw thrown
  } finally {
    db.close()
  }
}

/**
 * The write connection, on the newest schema. Everything that was committed before, also by a process that died between
 * write and fsync, is durable when this returns: a duplicate of it may be acknowledged.
 *
 * @throws AppError `store_unavailable` for a file that is not ours, or whose WAL is damaged; it is left as it is.
 */
export function openForWriting(path: string): DatabaseSync {
  requireWholeWal(path)
  const db = openFile(path, busyTimeoutMs)
  try {
    requireSqliteVersion(db)
    requireOurFile(db, path)
    db.exec(`PRAGMA cache_size = -${writerCacheKib}; PRAGMA journal_size_limit = ${walSizeLimitBytes}`)
    db.exec(`PRAGMA page_size = ${pageBytes}`)
    const { journal_mode: journalMode } = db.prepare('PRAGMA journal_mode = WAL').get() ?? {}
    // NORMAL would answer before the fsync, and a power cut would then lose acknowledged events.
    // Checkpoints: see checkpoint.ts.
    db.exec('PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0')
    if (journalMode !== 'wal' || readPragma(db, 'synchronous') !== 2) {
      throw new AppError('store_unavailable', `${path} cannot be used with WAL and synchronous=FULL (${journalMode})`)
    }
    migrate(db)
    const { busy } = db.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get() ?? {}
    if (busy !== 0)
      throw new AppError('store_locked', `${path} is being read by another process; close it and try again`)
    return db
  } catch (thrown) {
    db.close()
    if (!isNotADatabaseError(thrown)) throw thrown
    throw new AppError('store_unavailable', `${path} is not an SQLite file; choose another file`, { cause: thrown })
  }
}

/** SQLite would open the file without the commits behind the damage, and then overwrite them. */
function requireWholeWal(path: string): void {
  const { lostCommits = 0, isHeaderWhole, badFrame } = readWalOf(path) ?? {}
  if (lostCommits === 0) return
  const place = isHeaderWhole ? `at frame ${Number(badFrame) + 1}` : 'in its header'
  throw new AppError(
    'store_unavailable',
    `${path}-wal is damaged ${place}: at least ${lostCommits} commits are behind it, and opening the file would lose them. ` +
      'Nothing was changed. Move the file, its -wal and its -shm away together before a backup is put there',
  )
}

function readWalOf(path: string): WalState | undefined {
  try {
    return readSettledWal(path)
  } catch (thrown) {
    throw new AppError('store_unavailable', `${path}-wal cannot be read: ${thrown}`, { cause: thrown })
  }
}

/** A connection that can only read; the writer must have opened the file before. */
export function openForReading(path: string): DatabaseSync {
  const db = new DatabaseSync(path, { readOnly: true, timeout: busyTimeoutMs })
  db.exec(`PRAGMA cache_size = -${readerCacheKib}`)
  return db
}

function openFile(path: string, timeoutMs = 0): DatabaseSync {
  try {
    return new DatabaseSync(path, { timeout: timeoutMs })
  } catch (thrown) {
    const { code } = fromSqliteError(thrown)
    if (code !== 'store_unavailable') throw thrown
    throw new AppError(code, `${path} cannot be opened: ${thrown}`, { cause: thrown })
  }
}

function requireSqliteVersion(db: DatabaseSync): void {
  const { version } = db.prepare('SELECT sqlite_version() AS version').get() ?? {}
  const parts = String(version).split('.').map(Number)
  for (const [index, min] of minSqliteVersion.entries()) {
    const part = parts[index] ?? 0
    if (part > min) return
    if (part < min) {
      throw new AppError(
        'store_unavailable',
        `SQLite ${minSqliteVersion.join('.')} or newer is needed, this is ${version}`,
      )
    }
  }
}

function syncDirectory(path: string): void {
  const fd = openSync(path, 'r')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}
