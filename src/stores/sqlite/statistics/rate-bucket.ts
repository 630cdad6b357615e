/** One bucket of a rollup: taken up from its rows, counted in memory, written as rows again. */
import type { DatabaseSync } from 'node:sqlite'
import { rateLevels } from '../../../core/statistics-store.ts'
import { rateKinds } from '../../rate-kinds.ts'
import type { ReceivedCounts } from '../../rates.ts'
import { addCounts, type NameCell, newCell, RateNames } from './rate-names.ts'

/** What a group of events brought. */
export interface GroupRates {
  readonly total: ReceivedCounts
  /** By topic id. */
  readonly topics: ReadonlyMap<number, ReceivedCounts>
  readonly sources: ReadonlyMap<string, ReceivedCounts>
}

export interface RateBucket {
  readonly startS: number
  add(group: GroupRates): void
  /** Part of the current transaction. @returns to be called when that was committed. */
  write(): () => void
}

/** In memory, of a level that keeps fewer: the largest are chosen from so many. */
const maxTracked = 5000

/** @returns opens the bucket of a level that starts at a second. */
export function openRateBuckets(db: DatabaseSync): (level: number, startS: number) => RateBucket {
  const read = db.prepare(
    `SELECT name, events, duplicates, conflicts, (SELECT id FROM topic WHERE kind = ${rateKinds.topic} AND topic.name = received_rate.name) AS topic_id
     FROM received_rate WHERE level = ? AND kind = ? AND start_s = ?`,
  )
  const put = db.prepare('INSERT OR REPLACE INTO received_rate VALUES (?, ?, ?, ?, ?, ?, ?)')
  const remove = db.prepare('DELETE FROM received_rate WHERE level = ? AND kind = ? AND start_s = ? AND name = ?')
  const findTopic = db.prepare('SELECT name FROM topic WHERE id = ?')
  const ownTopic = (id: number) => [id, String(findTopic.get(id)?.name)] as const

  return (level, startS) => {
    const maxNames = rateLevels[level]?.maxNames ?? 0
    const limits = { maxNames, maxTracked: level === 0 ? maxNames : maxTracked }
    const rows = (kind: number) =>
      read.all(level, kind, startS).map((row) => {
        const counts = {
          events: Number(row.events),
          duplicates: Number(row.duplicates),
          conflicts: Number(row.conflicts),
        }
        return { topicId: Number(row.topic_id), cell: { ...newCell(String(row.name)), ...counts, isRow: true } }
      })
    const total = rows(rateKinds.total)[0]?.cell ?? newCell('')
    const topicCells = rows(rateKinds.topic).map(({ topicId, cell }) => [topicId, cell] as const)
    const sourceCells = rows(rateKinds.source).map(({ cell }) => [cell.name, cell] as const)
    const topics = new RateNames(limits, ownTopic, topicCells)
    const sources = new RateNames(limits, ownSource, sourceCells)

    function writeCells(kind: number, cells: readonly NameCell[]): void {
      for (const { name, events, duplicates, conflicts } of cells) {
        put.run(level, kind, startS, name, events, duplicates, conflicts)
      }
    }

    return {
      startS,
      add(group) {
        addCounts(total, group.total)
        topics.add(group.topics)
        sources.add(group.sources)
      },
      write() {
        const totals = total.isDirty ? [total] : []
        writeCells(rateKinds.total, totals)
        const written: NameCell[] = [...totals]
        const removed: NameCell[] = []
        for (const [kind, names] of [
          [rateKinds.topic, topics],
          [rateKinds.source, sources],
        ] as const) {
          const changes = names.changes()
          for (const { name } of changes.remove) remove.run(level, kind, startS, name)
          writeCells(kind, changes.put)
          written.push(...changes.put)
          removed.push(...changes.remove)
        }
        return () => {
          for (const cell of written) Object.assign(cell, { isDirty: false, isRow: true })
          for (const cell of removed) cell.isRow = false
        }
      },
    }
  }
}

/** A part of a group's text would keep all of it in memory. */
function ownSource(source: string): readonly [string, string] {
  const copy = Buffer.from(source).toString()
  return [copy, copy]
}
