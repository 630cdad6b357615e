/** What this process received and has not written to the rollups yet. Bounded: names beyond the bound are in the total only. */
import type { AppendResult } from '../../../core/event-store.ts'
import type { PackedEvents } from '../../../core/packed-events.ts'
import { rateLevels } from '../../../core/statistics-store.ts'
import { bucketStartS, type RateCell, type ReceivedCounts } from '../../rates.ts'
import { rateKinds } from './rate-kinds.ts'

export interface GatheredCell extends RateCell {
  readonly level: number
  readonly kind: number
}

/** A name of a stretch of time; of all levels and kinds together. */
const maxCells = 50_000

export class GatheredRates {
  #cells = new Map<string, ReceivedCounts & Omit<GatheredCell, keyof ReceivedCounts>>()

  get isEmpty(): boolean {
    return this.#cells.size === 0
  }

  add(events: PackedEvents, results: readonly AppendResult[], nowMs: number): void {
    for (const [index, { status }] of results.entries()) {
      const names = [
        [rateKinds.total, ''],
        [rateKinds.topic, events.field(index, 'topic')],
        [rateKinds.source, events.field(index, 'source')],
      ] as const
      for (const [kind, name] of names) {
        for (const [level, width] of rateLevels.entries()) {
          const cell = this.#cellOf({ level, kind, startS: bucketStartS(width, nowMs), name })
          if (cell === undefined) continue
          if (status === 'stored') cell.events++
          else cell.duplicates++
          if (status === 'conflict') cell.conflicts++
        }
      }
    }
  }

  /** All of it, which is then forgotten. */
  take(): GatheredCell[] {
    const cells = [...this.#cells.values()]
    this.#cells = new Map()
    return cells
  }

  #cellOf(place: Pick<GatheredCell, 'level' | 'kind' | 'startS' | 'name'>): ReceivedCounts | undefined {
    const { level, kind, startS, name } = place
    const key = `${level} ${kind} ${startS} ${name}`
    let cell = this.#cells.get(key)
    if (cell === undefined) {
      if (this.#cells.size >= maxCells && kind !== rateKinds.total) return undefined
      // A part of a group's text would keep all of it in memory.
      cell = { level, kind, startS, name: Buffer.from(name).toString(), events: 0, duplicates: 0, conflicts: 0 }
      this.#cells.set(key, cell)
    }
    return cell
  }
}
