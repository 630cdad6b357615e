/** The indexes that are derived from the log. */
export type IndexName = 'dedup' | 'time'

/** Thrown when a piece of a derived index is missing or its checksum is wrong: the index can be built again. */
export class IndexDamagedError extends Error {
  readonly index: IndexName
  readonly damage: string

  constructor(index: IndexName, damage: string) {
    super(`the ${index} index is damaged: ${damage}`)
    this.index = index
    this.damage = damage
  }
}
