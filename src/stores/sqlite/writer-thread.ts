/** The one writer: owns the lock and the write connection. Nothing else in the program changes the file. */
import type { Counters } from '../../core/event-store.ts'
import { type PackedColumns, PackedEvents } from '../../core/packed-events.ts'
import { damageNotice } from './build-index.ts'
import { openCheckpointer } from './checkpoint.ts'
import { type EventWriter, openEventWriter } from './event-writer.ts'
import { IndexDamagedError, type IndexName } from './index-damaged-error.ts'
import { lockDatabase, openForWriting } from './open-database.ts'
import type { PackedResults } from './packed-results.ts'
import type { DamagedIndex } from './reader-thread.ts'
import { fromSqliteError } from './sqlite-error.ts'
import { openRateTimer } from './statistics/rate-timer.ts'
import { openRateWriter } from './statistics/rate-writer.ts'
import { openStoredDedupIndex } from './stored-dedup-index.ts'
import { openStoredTimeIndex } from './stored-time-index.ts'
import { openSubscriptionWriting, type SubscriptionWriterMethods } from './subscriptions/subscription-threads.ts'
import { serveThread } from './thread.ts'

export interface WriterInput {
  readonly path: string
  /** Shared with the readers. */
  readonly memtables: readonly SharedArrayBuffer[]
  readonly timeRing: SharedArrayBuffer
  readonly mustRebuildIndexes: boolean
}

export interface AppendReply extends PackedResults {
  readonly counters: Counters
}

export type WriterMethods = {
  append(argument: { readonly columns: PackedColumns; readonly nowMs: number }): AppendReply
  counters(argument: undefined): Counters
  touch(argument: undefined): void
  rebuildIndex(damaged: DamagedIndex): void
} & SubscriptionWriterMethods

const allIndexes: readonly IndexName[] = ['dedup', 'time']

serveThread(({ path, memtables, timeRing, mustRebuildIndexes }: WriterInput, notify) => {
  const lock = lockDatabase(path)
  const db = openForWriting(path)
  const checkpointer = openCheckpointer(db)
  const subscriptions = openSubscriptionWriting(db)
  // Stays when an index is built again: what it holds in memory is in no index.
  const rates = openRateWriter({ db })
  /** Undefined when an index has to be built before anything can be appended, also after building it has failed. */
  let writer: EventWriter | undefined
  let failure: unknown

  function openWriter(mustRebuild: readonly IndexName[]): EventWriter {
    // Building overwrites the memory that an older index still holds: it must not be used any more, whatever happens.
    writer = undefined
    const build = { db, mustRebuild, checkpoint: checkpointer.afterCommit, notify }
    const dedupIndex = openStoredDedupIndex(build, memtables)
    const timeIndex = openStoredTimeIndex(build, timeRing)
    writer = openEventWriter({ db, dedupIndex, timeIndex, rates })
    return writer
  }

  const readyWriter = () => writer ?? openWriter(allIndexes)

  function rebuildIndex(damaged: DamagedIndex): EventWriter {
    notify(damageNotice(damaged))
    return openWriter([damaged.index])
  }

  function append(events: PackedEvents, nowMs: number): PackedResults {
    try {
      return readyWriter().append(events, nowMs)
    } catch (thrown) {
      if (!(thrown instanceof IndexDamagedError)) throw thrown
      return rebuildIndex(thrown).append(events, nowMs)
    }
  }

  function afterCommit(): void {
    if (!mayWrite()) return
    try {
      subscriptions.purgeSome()
      checkpointer.afterCommit()
    } catch (thrown) {
      noteFailure(thrown)
    }
  }

  /**
   * What a failed commit or checkpoint left behind is unknown: a later one might succeed without having written everything.
   * So nothing is written on these descriptors any more, also not what waits already.
   */
  function noteFailure(thrown: unknown): void {
    if (fromSqliteError(thrown).code === 'store_failed') failure = thrown
  }

  const mayWrite = () => failure === undefined
  const rateTimer = openRateTimer({ db, rates, mayWrite, onWritten: afterCommit, onFailure: noteFailure })

  openWriter(mustRebuildIndexes ? allIndexes : [])
  const methods: WriterMethods = {
    append({ columns, nowMs }) {
      const results = append(new PackedEvents(columns), nowMs)
      return { ...results, counters: readyWriter().counters }
    },
    counters: () => readyWriter().counters,
    rebuildIndex: (damaged) => void rebuildIndex(damaged),
    touch: () => readyWriter().touch(),
    ...subscriptions.methods,
  }
  return {
    methods,
    beforeCall() {
      if (failure !== undefined) throw failure
      checkpointer.requireRoom()
    },
    onError: noteFailure,
    afterReply() {
      afterCommit()
      rateTimer.start()
    },
    close() {
      rateTimer.end()
      db.close()
      lock.close()
    },
  }
})
