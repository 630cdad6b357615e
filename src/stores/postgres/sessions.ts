/**
 * Opens connections for the store: the first one of all brings the schema to its newest version. Of several hosts the one that
 * was last written to goes first; connections to another are out of date, because after a failover it may still answer reads.
 */
import type { Connection } from './connection.ts'
import { requireNoCopy } from './copy-mark.ts'
import { readDurability, requireDurability } from './durability.ts'
import { migrate } from './migrations.ts'
import type { ServerAddress } from './server-url.ts'
import { openSession } from './session.ts'

/** Subscriptions cannot be worked with while they are copied; what copies them can. */
export type SessionUse = 'read' | 'write' | 'copy'

export class Sessions {
  readonly #mustTakeWrites: boolean
  #hostUrls: readonly string[]
  #migration: Promise<void> | undefined
  #lastWriter: Connection | undefined

  constructor({ hostUrls, attributes }: ServerAddress) {
    this.#hostUrls = hostUrls
    this.#mustTakeWrites = attributes !== 'any'
  }

  /** @throws AppError `store_unavailable`, also when commits would not be durable; the next call tries again. */
  async open(use: SessionUse): Promise<Connection> {
    this.#migration ??= this.#migrate()
    try {
      await this.#migration
    } catch (thrown) {
      this.#migration = undefined
      throw thrown
    }
    if (use === 'read') return this.#openOn('read')
    const connection = await this.#openWriter()
    if (use === 'write') await requireNoCopy(connection)
    return connection
  }

  /** Not so when writing has moved to another host. */
  isCurrent({ url, isLost }: Connection): boolean {
    return !isLost && (this.#lastWriter === undefined || this.#lastWriter.url === url)
  }

  async #openWriter(): Promise<Connection> {
    // One that takes statements and commits nothing may be a primary that nobody follows any more.
    if (this.#lastWriter?.isUnanswered) this.#putLast(this.#lastWriter.url)
    const connection = await this.#openOn('write')
    try {
      requireDurability(await readDurability(connection))
    } catch (thrown) {
      connection.drop('it cannot be used for writing')
      throw thrown
    }
    this.#lastWriter = connection
    this.#hostUrls = [connection.url, ...this.#hostUrls.filter((url) => url !== connection.url)]
    return connection
  }

  #openOn(use: 'read' | 'write'): Promise<Connection> {
    return openSession({ hostUrls: this.#hostUrls, mustTakeWrites: this.#mustTakeWrites, use })
  }

  #putLast(url: string): void {
    this.#hostUrls = [...this.#hostUrls.filter((each) => each !== url), url]
  }

  async #migrate(): Promise<void> {
    const connection = await this.#openOn('write')
    try {
      await migrate(connection)
    } finally {
      await connection.close()
    }
  }
}
