/** The groups of the last moments, for readers that change over from the log to live events. Bounded. */
import type { CommittedGroup } from './consumer.ts'

const maxChars = 16 * 1024 * 1024

export class RecentGroups {
  #groups: CommittedGroup[] = []
  #chars = 0

  add(group: CommittedGroup): void {
    this.#groups.push(group)
    this.#chars += charsOf(group)
    while (this.#chars > maxChars && this.#groups.length > 1) {
      const oldest = this.#groups.shift()
      if (oldest !== undefined) this.#chars -= charsOf(oldest)
    }
  }

  /** The group that holds what comes right after this seq; undefined when it is not here, or not here any more. */
  next(seq: number): CommittedGroup | undefined {
    let [low, high] = [0, this.#groups.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      const group = this.#groups[middle]
      if (group !== undefined && group.lastSeq <= seq) low = middle + 1
      else high = middle
    }
    const found = this.#groups[low]
    return found !== undefined && found.firstSeq <= seq + 1 ? found : undefined
  }

  clear(): void {
    this.#groups = []
    this.#chars = 0
  }
}

function charsOf({ events }: CommittedGroup): number {
  return events.columns.text.length
}
