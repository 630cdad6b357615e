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

  /** Whether everything after this seq is here. */
  reaches(seq: number): boolean {
    const [oldest] = this.#groups
    return oldest !== undefined && oldest.firstSeq <= seq + 1
  }

  /** The groups that hold something after this seq. */
  after(seq: number): readonly CommittedGroup[] {
    return this.#groups.filter(({ lastSeq }) => lastSeq > seq)
  }

  clear(): void {
    this.#groups = []
    this.#chars = 0
  }
}

function charsOf({ events }: CommittedGroup): number {
  return events.columns.text.length
}
