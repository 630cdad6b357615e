/** Opens connections for the store: the first one of all brings the schema to its newest version. */
import type { Connection } from './connection.ts'
import { migrate } from './migrations.ts'
import type { ServerAddress } from './server-url.ts'
import { openSession } from './session.ts'

export class Sessions {
  readonly #address: ServerAddress
  #migration: Promise<void> | undefined

  constructor(address: ServerAddress) {
    this.#address = address
  }

  /** @throws AppError `store_unavailable`; the next call tries again. */
  async open(use: 'read' | 'write'): Promise<Connection> {
    this.#migration ??= this.#migrate()
    try {
      await this.#migration
    } catch (thrown) {
      this.#migration = undefined
      throw thrown
    }
    return openSession(this.#address, use)
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
