/** Opens connections for the store: the first one of all brings the schema to its newest version. */
import type { Connection } from './connection.ts'
import { readDurability, requireDurability } from './durability.ts'
import { migrate } from './migrations.ts'
import type { ServerAddress } from './server-url.ts'
import { openSession } from './session.ts'

export class Sessions {
  readonly #address: ServerAddress
  #migration: Promise<void> | undefined

  constructor(address: ServerAddress) {
    this.#address = address
  }

  /** @throws AppError `store_unavailable`, also when commits would not be durable; the next call tries again. */
  async open(use: 'read' | 'write'): Promise<Connection> {
    this.#migration ??= this.#migrate()
    try {
      await this.#migration
    } catch (thrown) {
      this.#migration = undefined
      throw thrown
    }
    const connection = await openSession(this.#address, use)
    if (use === 'read') return connection
    try {
      requireDurability(await readDurability(connection))
      return connection
    } catch (thrown) {
      connection.drop('it cannot be used for writing')
      throw thrown
    }
  }

  async #migrate(): Promise<void> {
    const connection = await openSession(this.#address, 'write')
    try {
      await migrate(connection)
    } finally {
      await connection.close()
    }
  }
}
