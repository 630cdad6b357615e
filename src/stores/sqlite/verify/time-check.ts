/**
 * Whether the time index says what the log says: each complete run is sorted again, and its lists must be the same byte for byte.
 * Told of the events in their order; memory holds one run.
 */
import type { DatabaseSync } from 'node:sqlite'
import type { CheckLog } from '../../check-log.ts'
import { packPart, partEntries } from '../time/list-parts.ts'
import { type SortedRun, sortRun } from '../time/sort-run.ts'
import { fractionCode } from '../time/time-entry.ts'
import type { RingSlice } from '../time/time-ring.ts'
import type { WalkedEvent } from './event-walk.ts'

export interface TimeCheck {
  event(event: Pick<WalkedEvent, 'seq' | 'topicId' | 'instantMs' | 'instantFraction'>): void
  /** After the last event. */
  end(): void
}

export interface TimeCheckOptions {
  readonly db: DatabaseSync
  /** Of a run. */
  readonly runEvents: number
  readonly log: CheckLog
}

export function openTimeCheck({ db, runEvents, log }: TimeCheckOptions): TimeCheck {
  const readRun = db.prepare('SELECT first_ms, first_fraction, last_ms, last_fraction FROM time_run WHERE run = ?')
  const readLists = db.prepare('SELECT topic_id, part, entries FROM time_list WHERE run = ? ORDER BY topic_id, part')
  const findDigits = db.prepare('SELECT instant_fraction FROM event WHERE seq = ?')
  const { runs, last } = db.prepare('SELECT count(*) AS runs, coalesce(max(run), -1) AS last FROM time_run').get() ?? {}
  const slice: RingSlice & { firstSeq: number } = {
    firstSeq: 0,
    topicIds: new Int32Array(runEvents),
    ms: new Float64Array(runEvents),
    fractions: new Int32Array(runEvents),
  }
  let run = 0
  if (Number(last) !== Number(runs) - 1) log.problem(`there are ${runs} runs, up to number ${last}`)

  function breakTies(offsets: number[]): number[] {
    const digits = new Map(
      offsets.map((offset) => [offset, String(findDigits.get(run * runEvents + offset)?.instant_fraction)]),
    )
    const order = (offset: number) => digits.get(offset) ?? ''
    return offsets.sort((a, b) => (order(a) === order(b) ? a - b : order(a) < order(b) ? -1 : 1))
  }

  function checkBounds({ order }: SortedRun): void {
    const placeOf = (offset: number | undefined) =>
      offset === undefined ? [] : [slice.ms[offset], slice.fractions[offset]]
    const [first, final] = [order[0], order[order.length / 2 - 1]]
    // A run without events is never looked into.
    const expected = order.length === 0 ? [1, 0, 0, 0] : [...placeOf(first), ...placeOf(final)]
    const found = Object.values(readRun.get(run) ?? {})
    if (expected.some((value, at) => value !== found[at])) log.problem(`run ${run} says that it has other times`)
  }

  function endRun(): void {
    if (run >= Number(runs)) return
    const sorted = sortRun(slice, breakTies)
    checkBounds(sorted)
    const stored = readLists.iterate(run)
    for (const { topicId, part, bytes } of partsOf(run, slice, sorted)) {
      log.checked++
      const { value: row } = stored.next()
      if (row === undefined) {
        log.problem(`run ${run} ends before part ${part} of topic number ${topicId}`)
        return
      }
      const isHere = row.topic_id === topicId && row.part === part
      if (!isHere || Buffer.compare(row.entries as Uint8Array, bytes) !== 0) {
        log.problem(`run ${run} does not hold part ${part} of topic number ${topicId} as it must be`)
        return
      }
    }
    if (stored.next().done !== true) log.problem(`run ${run} holds more than its events`)
  }

  function beginRun(next: number): void {
    run = next
    slice.firstSeq = run * runEvents
    slice.topicIds.fill(0)
  }

  return {
    event({ seq, topicId, instantMs, instantFraction }) {
      while (seq >= (run + 1) * runEvents) {
        try {
          endRun()
        } finally {
          beginRun(run + 1)
        }
      }
      const offset = seq - run * runEvents
      slice.topicIds[offset] = topicId
      slice.ms[offset] = instantMs
      slice.fractions[offset] = fractionCode(instantFraction)
    },
    end() {
      for (; run < Number(runs); beginRun(run + 1)) endRun()
    },
  }
}

/** The bytes are valid until the next one is asked for. */
function* partsOf(run: number, { ms, fractions }: RingSlice, { lists, order }: SortedRun) {
  const entries = {
    ms: new Float64Array(partEntries),
    fractions: new Int32Array(partEntries),
    offsets: new Int32Array(partEntries),
  }
  for (const { topicId, start, end } of lists) {
    for (let from = start, part = 0; from < end; from += partEntries, part++) {
      const count = Math.min(partEntries, end - from)
      for (let index = 0; index < count; index++) {
        const offset = order[from + index] ?? 0
        entries.ms[index] = ms[offset] ?? 0
        entries.fractions[index] = fractions[offset] ?? 0
        entries.offsets[index] = offset
      }
      const bytes = packPart({ run, topicId, part }, { count, isLast: from + count >= end, ...entries })
      yield { topicId, part, bytes }
    }
  }
}
