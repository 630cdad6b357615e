/**
 * The newest events' topics and instants, by seq: what is not in a run of the time index yet. In shared memory: the writer
 * fills it before it commits, and reader threads copy from it what their snapshot of the file says is committed.
 */

/** One run that fills, one that is written, and two that readers may still be copying. */
const ringRuns = 4
const headerBytes = 64
const bytesPerEvent = 16

export function ringBytes(runEvents: number): number {
  return headerBytes + ringRuns * runEvents * bytesPerEvent
}

/** A copy of consecutive events. */
export interface RingSlice {
  readonly firstSeq: number
  /** 0 where there is no event. */
  readonly topicIds: Int32Array
  readonly ms: Float64Array
  readonly fractions: Int32Array
}

export interface TimeRing {
  /** Events in a run of the time index. */
  readonly runEvents: number
  /** The writer's: makes room for a run. What the ring held four runs before is gone. */
  beginRun(run: number): void
  record(seq: number, topicId: number, ms: number, fraction: number): void
  /** Whether all events that no run holds are in the ring. */
  isComplete: boolean
  /** The writer's own view of a run. */
  run(run: number): RingSlice
  /** @returns a copy of these seqs; undefined when the writer has gone on too far, or has not filled the ring yet. */
  copy(firstSeq: number, endSeq: number): RingSlice | undefined
}

/** @param shared of `ringBytes`; zero, or another thread's ring. */
export function openTimeRing(runEvents: number, shared: SharedArrayBuffer): TimeRing {
  const ringEvents = ringRuns * runEvents
  const header = new Int32Array(shared, 0, 2)
  const ms = new Float64Array(shared, headerBytes, ringEvents)
  const topicIds = new Int32Array(shared, headerBytes + 8 * ringEvents, ringEvents)
  const fractions = new Int32Array(shared, headerBytes + 12 * ringEvents, ringEvents)

  return {
    runEvents,
    beginRun(run) {
      Atomics.store(header, 0, run)
      const start = (run % ringRuns) * runEvents
      topicIds.fill(0, start, start + runEvents)
    },
    record(seq, topicId, instantMs, fraction) {
      const at = seq % ringEvents
      topicIds[at] = topicId
      ms[at] = instantMs
      fractions[at] = fraction
    },
    get isComplete() {
      return Atomics.load(header, 1) === 1
    },
    set isComplete(isComplete) {
      Atomics.store(header, 1, isComplete ? 1 : 0)
    },
    run(run) {
      const start = (run % ringRuns) * runEvents
      const end = start + runEvents
      return {
        firstSeq: run * runEvents,
        topicIds: topicIds.subarray(start, end),
        ms: ms.subarray(start, end),
        fractions: fractions.subarray(start, end),
      }
    },
    copy(firstSeq, endSeq) {
      const slice = {
        firstSeq,
        topicIds: new Int32Array(endSeq - firstSeq),
        ms: new Float64Array(endSeq - firstSeq),
        fractions: new Int32Array(endSeq - firstSeq),
      }
      for (let seq = firstSeq; seq < endSeq; ) {
        const start = seq % ringEvents
        const length = Math.min(endSeq - seq, ringEvents - start)
        slice.topicIds.set(topicIds.subarray(start, start + length), seq - firstSeq)
        slice.ms.set(ms.subarray(start, start + length), seq - firstSeq)
        slice.fractions.set(fractions.subarray(start, start + length), seq - firstSeq)
        seq += length
      }
      // Looked at after the copy: what was overwritten meanwhile must not be believed.
      const isWhole = this.isComplete && Atomics.load(header, 0) < Math.floor(firstSeq / runEvents) + ringRuns
      return isWhole ? slice : undefined
    },
  }
}
