/** Since when every push of one subscription has failed, whichever of its loops made it. The store keeps it over restarts. */

export class FailingSpell {
  readonly #store: (atMs: number | undefined) => Promise<unknown>
  #sinceMs: number | undefined

  /**
   * @param sinceMs as the store has it, on the wall clock, which goes on while the program does not run.
   * @param store keeps what is new.
   */
  constructor(sinceMs: number | undefined, store: (atMs: number | undefined) => Promise<unknown>) {
    this.#sinceMs = sinceMs
    this.#store = store
  }

  /** @returns for how long nothing but failures has been seen. @throws as the store. */
  async recordFailure(nowMs: number): Promise<number> {
    if (this.#sinceMs !== undefined) return nowMs - this.#sinceMs
    await this.#store(nowMs)
    this.#sinceMs = nowMs
    return 0
  }

  /** Costs nothing when the push before was accepted too. @throws as the store. */
  async recordSuccess(): Promise<void> {
    if (this.#sinceMs === undefined) return
    await this.#store(undefined)
    this.#sinceMs = undefined
  }
}
