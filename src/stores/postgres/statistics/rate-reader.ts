/** What was received per stretch of time, from the rollups. The caller holds a transaction of one snapshot. */
import type { Rates, RatesQuery } from '../../../core/statistics-store.ts'
import { rateKinds } from '../../rate-kinds.ts'
import { collectRates, levelOf, type RateCell } from '../../rates.ts'
import { textArray } from '../binary-array.ts'
import type { Connection, Row, Statement } from '../connection.ts'
import { onlyLane } from '../migrations.ts'
import { readLimitMs } from '../session.ts'

const ofRange = `lane = ${onlyLane} AND level = $1::int AND kind = $2::int AND start_s >= $3::bigint AND start_s < $4::bigint`

const readTotal: Statement = { name: 'read_total_rates', text: `SELECT * FROM received_rate WHERE ${ofRange}` }
const findLargest: Statement = {
  name: 'find_largest_rates',
  text: `
    SELECT name FROM received_rate WHERE ${ofRange} GROUP BY name ORDER BY sum(events + duplicates) DESC, name LIMIT $5::int`,
}
const readNamed: Statement = {
  name: 'read_named_rates',
  text: `SELECT * FROM received_rate WHERE ${ofRange} AND name = ANY ($5::text[])`,
}

export async function readRates(connection: Connection, query: RatesQuery): Promise<Rates> {
  const level = levelOf(query)
  const { fromS, toS, by, limit } = query
  const ask = (statement: Statement, kind: number, ...more: readonly unknown[]) =>
    connection.query(statement, [level, kind, fromS, toS, ...more], readLimitMs)
  const total = (await ask(readTotal, rateKinds.total)).map(cellOf)
  if (by === undefined) return collectRates(query, total, [])
  const kind = rateKinds[by]
  const names = query.names ?? (await ask(findLargest, kind, limit)).map(({ name }) => String(name))
  return collectRates(query, total, (await ask(readNamed, kind, textArray(names))).map(cellOf))
}

function cellOf(row: Row): RateCell {
  return {
    startS: Number(row.start_s),
    name: String(row.name),
    events: Number(row.events),
    duplicates: Number(row.duplicates),
    conflicts: Number(row.conflicts),
  }
}
