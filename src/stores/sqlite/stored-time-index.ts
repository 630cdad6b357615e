/** The time index of a store's file: over the table `event`, with the file's own size of runs. */
import { type IndexBuild, openIndex } from './build-index.ts'
import { openTimeIndex, type TimeIndex } from './time/time-index.ts'
import { openTimeRing, ringBytes, type TimeRing } from './time/time-ring.ts'

/** In a run, of every file. */
export const runEvents = 2 ** 17

/** The memory that the writer and the readers of one store share. */
export function shareTimeRing(): SharedArrayBuffer {
  return new SharedArrayBuffer(ringBytes(runEvents))
}

export function openSharedRing(shared: SharedArrayBuffer): TimeRing {
  return openTimeRing(runEvents, shared)
}

/** Opens the index for the writer; builds it from the log when it is missing, damaged, or when told to. */
export function openStoredTimeIndex(build: IndexBuild, shared: SharedArrayBuffer): TimeIndex {
  const ring = openSharedRing(shared)
  return openIndex('time', build, (step) => openTimeIndex({ db: build.db, ring, ...step }))
}
