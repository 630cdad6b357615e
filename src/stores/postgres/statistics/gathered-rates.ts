/** What this process received and has not written to the rollups yet. Bounded: names beyond the bound are in the total only. */
import type { AppendResult } from '../../../core/event-store.ts'
import type { PackedEvents } from '../../../core/packed-events.ts'
import { rateLevels } from '../../../core/statistics-store.ts'
import { rateKinds } from '../../rate-kinds.ts'
import { bucketStartS, type RateCell, type ReceivedCounts } from '../../rates.ts'

export interface GatheredCell extends RateCell {
  readonly level: number
  readonly kind: number
}

/** A name of a stretch of time; of all levels and kinds together. */
const maxCells = 50_000

export class GatheredRates {
  #cells = new Map<string, ReceivedCounts & Omit<GatheredCell, keyof ReceivedCounts>>()

  add(events: PackedEvents, results: readonly AppendResult[], nowMs: number): void {
    const total = newCounts()
    const topics = new Map<string, ReceivedCounts>()
    const sources = new Map<string, ReceivedCounts>()
    for (const [index, { status }] of results.entries()) {
      const counts = [
        total,
        countsOf(topics, events.field(index, 'topic')),
        countsOf(sources, events.field(index, 'source')),
      ]
      for (const each of counts) {
        if (status === 'stored') each.events++
        else each.duplicates++
        if (status === 'conflict') each.conflicts++
      }
    }
    for (const [level, width] of rateLevels.entries()) {
      const startS = bucketStartS(width, nowMs)
      this.#addTo({ level, kind: rateKinds.total, startS, name: '' }, total)
      for (const [name, counts] of topics) this.#addTo({ level, kind: rateKinds.topic, startS, name }, counts)
      for (const [name, counts] of sources) this.#addTo({ level, kind: rateKinds.source, startS, name }, counts)
    }
  }

  /** All of it, which is then forgotten. */
  take(): GatheredCell[] {
    const cells = [...this.#cells.values()]
    this.#cells = new Map()
    return cells
  }

  #addTo(place: Pick<GatheredCell, 'level' | 'kind' | 'startS' | 'name'>, counts: ReceivedCounts): void {
    const { level, kind, startS, name } = place
    const key = `${level} ${kind} ${startS} ${name}`
    let cell = this.#cells.get(key)
    if (cell === undefined) {
      if (this.#cells.size >= maxCells && kind !== rateKinds.total) return
      // A part of a group's text would keep all of it in memory.
      cell = { level, kind, startS, name: Buffer.from(name).toString(), ...newCounts() }
      this.#cells.set(key, cell)
    }
    cell.events += counts.events
    cell.duplicates += counts.duplicates
    cell.conflicts += counts.conflicts
  }
}

function newCounts(): ReceivedCounts {
  return { events: 0, duplicates: 0, conflicts: 0 }
}

function countsOf(byName: Map<string, ReceivedCounts>, name: string): ReceivedCounts {
  let counts = byName.get(name)
  if (counts === undefined) {
    counts = newCounts()
    byName.set(name, counts)
  }
  return counts
}
