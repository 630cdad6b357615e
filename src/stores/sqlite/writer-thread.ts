/** The one writer: owns the lock and the write connection. Nothing else in the program changes the file. */
import type { DatabaseSync } from 'node:sqlite'
import type { AppendResult, Counters } from '../../core/event-store.ts'
import { IndexDamagedError } from './dedup/index-pages.ts'
import { openEventWriter } from './event-writer.ts'
import { lockDatabase, openForWriting } from './open-database.ts'
import { type PackedEvents, type PackedResults, packResults, unpackEvents } from './packed-events.ts'
import { fromSqliteError } from './sqlite-error.ts'
import { damageNotice, openStoredDedupIndex } from './stored-dedup-index.ts'
import { serveThread } from './thread.ts'

export interface WriterInput {
  readonly path: string
  /** Shared with the readers. */
  readonly memtables: readonly SharedArrayBuffer[]
  readonly mustRebuildIndex: boolean
}

export interface AppendReply extends PackedResults {
  readonly counters: Counters
}

export type WriterMethods = {
  append(argument: { readonly packed: PackedEvents; readonly nowMs: number }): AppendReply
  counters(argument: undefined): Counters
  touch(argument: undefined): void
  /** @param damage what is wrong with it. */
  rebuildIndex(damage: string): void
}

/** A checkpoint starts at this many WAL pages (4 MiB), so that none of them is long. */
const checkpointPages = 1000
/** Readers can keep the WAL from being reused; at this many pages (64 MiB) the checkpoint waits for them. */
const restartPages = 16_384

serveThread(({ path, memtables, mustRebuildIndex }: WriterInput, notify) => {
  const lock = lockDatabase(path)
  const db = openForWriting(path)
  let writer = openEventWriter(db, openStoredDedupIndex({ db, memtables, mustRebuildIndex, notify }))
  let checkpointError: unknown

  function rebuildIndex(damage: string): void {
    notify(damageNotice(damage))
    writer = openEventWriter(db, openStoredDedupIndex({ db, memtables, mustRebuildIndex: true, notify }))
  }

  const methods: WriterMethods = {
    append({ packed, nowMs }) {
      if (checkpointError !== undefined) throw checkpointError
      const events = unpackEvents(packed)
      let results: readonly AppendResult[]
      try {
        results = writer.append(events, nowMs)
      } catch (thrown) {
        if (!(thrown instanceof IndexDamagedError)) throw thrown
        rebuildIndex(thrown.message)
        results = writer.append(events, nowMs)
      }
      return { ...packResults(results), counters: writer.counters }
    },
    counters: () => writer.counters,
    rebuildIndex,
    touch: () => {
      if (checkpointError !== undefined) throw checkpointError
      writer.touch()
    },
  }
  return {
    methods,
    afterReply() {
      try {
        checkpointIfDue(db)
      } catch (thrown) {
        // What a failed checkpoint left behind is unknown: a later one might succeed without having written everything.
        if (fromSqliteError(thrown).code === 'store_failed') checkpointError = thrown
      }
    },
    close() {
      db.close()
      lock.close()
    },
  }
})

function checkpointIfDue(db: DatabaseSync): void {
  const { log } = db.prepare('PRAGMA wal_checkpoint(NOOP)').get() ?? {}
  if (Number(log) < checkpointPages) return
  db.exec(`PRAGMA wal_checkpoint(${Number(log) < restartPages ? 'PASSIVE' : 'RESTART'})`)
}
