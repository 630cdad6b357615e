/**
 * Writes what was received to the rollups, once a second: every node adds its own share. A transaction of its own that takes
 * the lane's lock, as appends do, so that nodes never wait for each other's rows.
 */
import { rateLevels } from '../../../core/statistics-store.ts'
import { rateKinds } from '../../rate-kinds.ts'
import { lockHead } from '../append-statements.ts'
import { bigintArray, textArray } from '../binary-array.ts'
import type { Connection, Statement } from '../connection.ts'
import { onlyLane } from '../migrations.ts'
import { begin, commit, inTransaction } from '../transaction.ts'
import { type WritingLine, writingTask } from '../writing-line.ts'
import { type GatheredCell, GatheredRates } from './gathered-rates.ts'

const everyMs = 1000
const purgeEveryMs = 60_000
/** While a stretch of a level with fewer names goes on: the largest are chosen from so many. */
const maxTracked = 5000
const futureS = 86_400

const addCells: Statement = {
  name: 'add_rates',
  text: `
    INSERT INTO received_rate (lane, level, kind, start_s, name, events, duplicates, conflicts)
    SELECT ${onlyLane}, level, kind, start_s, name, events, duplicates, conflicts
    FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::bigint[], $6::bigint[], $7::bigint[])
      AS new (level, kind, start_s, name, events, duplicates, conflicts)
    ON CONFLICT (lane, level, kind, start_s, name) DO UPDATE SET
      events = received_rate.events + excluded.events,
      duplicates = received_rate.duplicates + excluded.duplicates,
      conflicts = received_rate.conflicts + excluded.conflicts`,
}
const ofBucket = `lane = ${onlyLane} AND level = $1::int AND kind = $2::int AND start_s = $3::bigint`
const findSmall: Statement = {
  name: 'find_small_rates',
  text: `SELECT name FROM received_rate WHERE ${ofBucket} ORDER BY events + duplicates DESC, name OFFSET $4::int`,
}
const removeNames: Statement = {
  name: 'remove_rates',
  text: `DELETE FROM received_rate WHERE ${ofBucket} AND name = ANY ($4::text[])`,
}
/** By the database's clock: that of a node may be wrong for a moment. */
const purge: Statement = {
  name: 'purge_rates',
  text: `
    DELETE FROM received_rate WHERE lane = ${onlyLane} AND level = $1::int AND kind = $2::int
      AND (start_s < extract(epoch FROM now()) - $3::bigint OR start_s > extract(epoch FROM now()) + ${futureS})`,
}

export class RateWriter {
  readonly gathered = new GatheredRates()
  readonly #line: WritingLine
  #timer: NodeJS.Timeout | undefined
  #purgedAtMs = performance.now()

  constructor(line: WritingLine) {
    this.#line = line
  }

  /** To be called when something was gathered. */
  writeSoon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      void this.write()
    }, everyMs).unref()
  }

  /** What cannot be written is missing from the picture: to write it again might count it twice. */
  async write(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const cells = this.gathered.take()
    if (cells.length === 0) return
    await this.#line.run(writingTask((connection) => this.#write(connection, cells))).catch(() => {})
  }

  #write(connection: Connection, cells: readonly GatheredCell[]): Promise<void> {
    return inTransaction(connection, async () => {
      await Promise.all([begin(connection), connection.query(lockHead)])
      const numbers = (numberOf: (cell: GatheredCell) => number) => bigintArray(cells.map(numberOf))
      await connection.query(addCells, [
        numbers(({ level }) => level),
        numbers(({ kind }) => kind),
        numbers(({ startS }) => startS),
        textArray(cells.map(({ name }) => name)),
        numbers(({ events }) => events),
        numbers(({ duplicates }) => duplicates),
        numbers(({ conflicts }) => conflicts),
      ])
      await trim(connection, cells)
      if (performance.now() - this.#purgedAtMs > purgeEveryMs) {
        this.#purgedAtMs = performance.now()
        for (const [level, { keptS }] of rateLevels.entries()) {
          for (const kind of Object.values(rateKinds)) await connection.query(purge, [level, kind, keptS])
        }
      }
      await commit(connection)
    })
  }
}

/** Leaves each stretch its names that received most: many while it goes on, fewer when it is over. */
async function trim(connection: Connection, cells: readonly GatheredCell[]): Promise<void> {
  const touched = new Map(cells.map((cell) => [`${cell.level} ${cell.kind} ${cell.startS}`, cell]))
  for (const { level, kind, startS } of touched.values()) {
    const { maxNames = 0, widthS = 0 } = rateLevels[level] ?? {}
    if (kind === rateKinds.total) continue
    await trimBucket(connection, { level, kind, startS }, level === 0 ? maxNames : maxTracked)
    await trimBucket(connection, { level, kind, startS: startS - widthS }, maxNames)
  }
}

async function trimBucket(
  connection: Connection,
  { level, kind, startS }: Pick<GatheredCell, 'level' | 'kind' | 'startS'>,
  maxNames: number,
): Promise<void> {
  const small = await connection.query(findSmall, [level, kind, startS, maxNames])
  if (small.length === 0) return
  await connection.query(removeNames, [level, kind, startS, textArray(small.map(({ name }) => String(name)))])
}
