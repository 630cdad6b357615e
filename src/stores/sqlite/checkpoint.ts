/** Puts the WAL back into the file, by hand: the automatic way swallows its errors, also a failed fsync. */
import type { DatabaseSync } from 'node:sqlite'
import { AppError } from '../../core/errors.ts'
import { readPragma } from './migrations.ts'
import { busyTimeoutMs } from './open-database.ts'

/** A checkpoint starts at this many WAL pages (8 MiB), so that none of them is long. */
const checkpointPages = 1000
/** Readers can keep the WAL from being reused; after this many more pages (128 MiB) the checkpoint waits for them. */
const restartPages = 16_384
/** No longer than this, because commits wait meanwhile. */
const restartWaitMs = 50
/** From here on nothing is written until the readers are gone. With the largest group of commits it stays below 256 MiB. */
export const defaultMaxWalBytes = 160 * 1024 * 1024

export interface Checkpointer {
  /** To be called after commits. @throws what the checkpoint throws. */
  afterCommit(): void
  /** To be called before writing. @throws AppError `store_unavailable` when a reader keeps the WAL at its bound. */
  requireRoom(): void
}

export function openCheckpointer(db: DatabaseSync, { maxWalBytes = defaultMaxWalBytes } = {}): Checkpointer {
  const readLog = db.prepare('PRAGMA wal_checkpoint(NOOP)')
  const copy = db.prepare('PRAGMA wal_checkpoint(PASSIVE)')
  const restart = db.prepare('PRAGMA wal_checkpoint(RESTART)')
  const truncate = db.prepare('PRAGMA wal_checkpoint(TRUNCATE)')
  const maxPages = Math.floor(maxWalBytes / readPragma(db, 'page_size'))
  let restartAtPages = restartPages
  let pages = 0

  /** @returns whether all readers were done with the WAL. */
  function waitForReaders(checkpoint: typeof restart): boolean {
    db.exec(`PRAGMA busy_timeout = ${restartWaitMs}`)
    try {
      return checkpoint.get()?.busy === 0
    } finally {
      db.exec(`PRAGMA busy_timeout = ${busyTimeoutMs}`)
    }
  }

  return {
    afterCommit() {
      pages = Number(readLog.get()?.log)
      if (pages < checkpointPages) {
        restartAtPages = restartPages
        return
      }
      if (pages < restartAtPages) {
        copy.get()
        return
      }
      // Somebody reads for long: asked again when the WAL has grown by as much, not after every commit.
      restartAtPages = waitForReaders(restart) ? restartPages : pages + restartPages
    },
    requireRoom() {
      if (pages < maxPages) return
      if (!waitForReaders(truncate)) {
        throw new AppError(
          'store_unavailable',
          `the WAL has ${Math.round(maxWalBytes / 1024 / 1024)} MiB, because another program has been reading the file in one transaction; end it`,
        )
      }
      pages = 0
      restartAtPages = restartPages
    },
  }
}
