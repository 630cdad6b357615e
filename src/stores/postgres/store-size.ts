/** How many bytes the database takes up: asked rarely, because the server looks at every file for it. */
import type { Clock } from '../../core/clock.ts'
import type { Connection, Statement } from './connection.ts'

const maxAgeMs = 10_000

const readSize: Statement = { name: 'read_size', text: 'SELECT pg_database_size(current_database()) AS bytes' }

export class StoreSize {
  readonly #clock: Clock
  #bytes = 0
  #readAtMs = Number.NEGATIVE_INFINITY

  constructor(clock: Clock) {
    this.#clock = clock
  }

  async read(connection: Connection): Promise<number> {
    const nowMs = this.#clock.monotonicMs()
    if (nowMs - this.#readAtMs < maxAgeMs) return this.#bytes
    this.#readAtMs = nowMs
    const [row] = await connection.query(readSize)
    this.#bytes = Number(row?.bytes ?? 0)
    return this.#bytes
  }
}
