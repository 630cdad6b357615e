/** The rollups of what was received, read. */
import type { DatabaseSync } from 'node:sqlite'
import { type Rates, type RatesQuery, statisticsLimits } from '../../../core/statistics-store.ts'
import { rateKinds } from '../../rate-kinds.ts'
import { collectRates, levelOf, type RateCell } from '../../rates.ts'

export function openRateReader(db: DatabaseSync): (query: RatesQuery) => Rates {
  const inRange = 'FROM received_rate WHERE level = ? AND kind = ? AND start_s >= ? AND start_s < ?'
  const readCells = db.prepare(`SELECT start_s, name, events, duplicates, conflicts ${inRange}`)
  const readNamed = db.prepare(
    `SELECT start_s, name, events, duplicates, conflicts ${inRange} AND name IN (SELECT value FROM json_each(?))`,
  )
  const findLargest = db.prepare(
    `SELECT name ${inRange} GROUP BY name ORDER BY sum(events) + sum(duplicates) DESC, name LIMIT ?`,
  )
  for (const statement of [readCells, readNamed, findLargest]) statement.setReturnArrays(true)

  function read(query: RatesQuery): Rates {
    const { by, fromS, toS } = query
    const place = (kind: keyof typeof rateKinds) => [levelOf(query), rateKinds[kind], fromS, toS] as const
    const total = readCells.all(...place('total')) as unknown as CellRow[]
    if (by === undefined) return collectRates(query, total.map(cellOf), [])
    const largest = () => (findLargest.all(...place(by), query.limit) as unknown as [string][]).map(([name]) => name)
    const names = query.names?.slice(0, statisticsLimits.maxRateNames) ?? largest()
    const named = readNamed.all(...place(by), JSON.stringify(names)) as unknown as CellRow[]
    return collectRates(query, total.map(cellOf), named.map(cellOf))
  }

  return (query) => {
    // One snapshot for the total and the names.
    db.exec('BEGIN')
    try {
      return read(query)
    } finally {
      db.exec('COMMIT')
    }
  }
}

type CellRow = readonly [startS: number, name: string, events: number, duplicates: number, conflicts: number]

function cellOf([startS, name, events, duplicates, conflicts]: CellRow): RateCell {
  return { startS, name, events, duplicates, conflicts }
}
