/** Puts the WAL back into the file, by hand: the automatic way swallows its errors, also a failed fsync. */
import type { DatabaseSync } from 'node:sqlite'
import { busyTimeoutMs } from './open-database.ts'

/** A checkpoint starts at this many WAL pages (4 MiB), so that none of them is long. */
const checkpointPages = 1000
/** Readers can keep the WAL from being reused; after this many more pages (64 MiB) the checkpoint waits for them. */
const restartPages = 16_384
/** No longer than this, because commits wait meanwhile. */
const restartWaitMs = 50

/** @returns a function to be called after commits; it throws what the checkpoint throws. */
export function openCheckpointer(db: DatabaseSync): () => void {
  const readLog = db.prepare('PRAGMA wal_checkpoint(NOOP)')
  const copy = db.prepare('PRAGMA wal_checkpoint(PASSIVE)')
  const restart = db.prepare('PRAGMA wal_checkpoint(RESTART)')
  let restartAtPages = restartPages
  return () => {
    const pages = Number(readLog.get()?.log)
    if (pages < checkpointPages) {
      restartAtPages = restartPages
      return
    }
    if (pages < restartAtPages) {
      copy.get()
      return
    }
    db.exec(`PRAGMA busy_timeout = ${restartWaitMs}`)
    try {
      // Somebody reads for long: asked again when the WAL has grown by as much, not after every commit.
      restartAtPages = restart.get()?.busy === 0 ? restartPages : pages + restartPages
    } finally {
      db.exec(`PRAGMA busy_timeout = ${busyTimeoutMs}`)
    }
  }
}
