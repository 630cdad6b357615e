/** The one writer: owns the lock and the write connection. Nothing else in the program changes the file. */
import type { NewEvent } from '../../core/event.ts'
import type { AppendResult, Counters } from '../../core/event-store.ts'
import { openCheckpointer } from './checkpoint.ts'
import { IndexDamagedError } from './dedup/index-pages.ts'
import { type EventWriter, openEventWriter } from './event-writer.ts'
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

serveThread(({ path, memtables, mustRebuildIndex }: WriterInput, notify) => {
  const lock = lockDatabase(path)
  const db = openForWriting(path)
  const checkpoint = openCheckpointer(db)
  /** Undefined when the index has to be built before anything can be appended, also after building it has failed. */
  let writer: EventWriter | undefined
  let checkpointError: unknown

  function openWriter(mustRebuild: boolean): EventWriter {
    // Building overwrites the memtables that an older index still holds: it must not be used any more, whatever happens.
    writer = undefined
    const index = openStoredDedupIndex({ db, checkpoint, memtables, mustRebuildIndex: mustRebuild, notify })
    writer = openEventWriter(db, index)
    return writer
  }

  function readyWriter(): EventWriter {
    if (checkpointError !== undefined) throw checkpointError
    return writer ?? openWriter(true)
  }

  function rebuildIndex(damage: string): EventWriter {
    notify(damageNotice(damage))
    return openWriter(true)
  }

  function append(events: readonly NewEvent[], nowMs: number): readonly AppendResult[] {
    try {
      return readyWriter().append(events, nowMs)
    } catch (thrown) {
      if (!(thrown instanceof IndexDamagedError)) throw thrown
      return rebuildIndex(thrown.message).append(events, nowMs)
    }
  }

  openWriter(mustRebuildIndex)
  const methods: WriterMethods = {
    append({ packed, nowMs }) {
      const results = append(unpackEvents(packed), nowMs)
      return { ...packResults(results), counters: readyWriter().counters }
    },
    counters: () => readyWriter().counters,
    rebuildIndex: (damage) => void rebuildIndex(damage),
    touch: () => readyWriter().touch(),
  }
  return {
    methods,
    afterReply() {
      try {
        checkpoint()
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
