/** Opening a file to look at it, whether or not a server has it open: nothing is migrated, checkpointed, locked or left behind. */
import { statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { AppError } from '../../../core/errors.ts'
import { requireNewestSchema } from '../migrations.ts'
import { busyTimeoutMs } from '../open-database.ts'
import { isNotADatabaseError } from '../sqlite-error.ts'

const cacheKib = 32_768

/** @throws AppError when it is not a store, or not one of this version. */
export function openForVerifying(path: string): { readonly db: DatabaseSync } & Disposable {
  const db = connect(path)
  try {
    db.exec(`PRAGMA query_only = ON; PRAGMA cache_size = -${cacheKib}`)
    requireNewestSchema(db, path)
    return { db, [Symbol.dispose]: () => db.close() }
  } catch (thrown) {
    db.close()
    if (!isNotADatabaseError(thrown)) throw thrown
    throw new AppError('store_unavailable', `${path} is not an SQLite file, or its header is damaged`, {
      cause: thrown,
    })
  }
}

/**
 * Where there is no WAL, SQLite makes an empty one for its readers, and only a connection that may write removes it again. Where there is
 * one, such a connection might put it back into the file when it is closed: what a crash left is to stay as it is.
 */
function connect(path: string): DatabaseSync {
  const readOnly = (statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0
  try {
    return new DatabaseSync(path, { readOnly, timeout: busyTimeoutMs })
  } catch (thrown) {
    throw new AppError('store_unavailable', `${path} cannot be opened: ${thrown}`, { cause: thrown })
  }
}
