/** What building a derived index from the log takes, whichever index it is. Lives in the writer thread. */
import type { DatabaseSync } from 'node:sqlite'
import type { StoreNotice } from '../store-notice.ts'
import { IndexDamagedError, type IndexName } from './index-damaged-error.ts'
import { inTransaction } from './transaction.ts'

/** Building takes longer than this only when much of it is missing; then it says how far it is, this often. */
const progressEveryMs = 1000

export interface IndexBuild {
  readonly db: DatabaseSync
  /** The indexes to build again, also when they seem to be whole. */
  readonly mustRebuild: readonly IndexName[]
  /** Called after each step of building, so that the WAL does not hold all of it. */
  readonly checkpoint: () => void
  readonly notify: (notice: StoreNotice) => void
}

export interface BuildStep {
  readonly mustRebuild: boolean
  /** Told how far the log has been taken up. */
  readonly onProgress: (seq: number) => void
  readonly transaction: (run: () => void) => void
}

/** Opens an index; once more, from the log, when it turns out to be damaged. */
export function openIndex<T>(index: IndexName, build: IndexBuild, open: (step: BuildStep) => T): T {
  const { db, notify, checkpoint } = build
  const { last_seq: lastSeq } = db.prepare('SELECT last_seq FROM counters').get() ?? {}
  let nextNoticeMs = performance.now() + progressEveryMs
  const onProgress = (seq: number) => {
    checkpoint()
    if (performance.now() < nextNoticeMs) return
    nextNoticeMs = performance.now() + progressEveryMs
    notify({ level: 'info', text: `building the ${index} index: ${seq} of ${lastSeq} events` })
  }
  const transaction = (run: () => void) => inTransaction(db, run)
  try {
    return open({ mustRebuild: build.mustRebuild.includes(index), onProgress, transaction })
  } catch (thrown) {
    if (!(thrown instanceof IndexDamagedError)) throw thrown
    notify(damageNotice(thrown))
    return open({ mustRebuild: true, onProgress, transaction })
  }
}

export function damageNotice({ index, damage }: { readonly index: IndexName; readonly damage: string }): StoreNotice {
  return { level: 'warn', text: `the ${index} index is damaged (${damage}) and is built again from the log` }
}
