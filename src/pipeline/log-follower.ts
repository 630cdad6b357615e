/**
 * Feeds the live tail from a log that other processes append to as well: every event once, in seq order, whoever appended it.
 * What this process appended itself is passed on as it is, when it comes next; the rest is read.
 */
import type { StoredEvent } from '../core/event.ts'
import type { EventStore } from '../core/event-store.ts'
import { PackedEvents } from '../core/packed-events.ts'
import { parseTimestamp } from '../core/timestamp.ts'
import type { CommittedGroup } from './consumer.ts'
import type { TailHub } from './tail-hub.ts'

export interface LogFollowerOptions {
  readonly store: Pick<EventStore, 'readLog'>
  readonly tailHub: Pick<TailHub, 'isLogKnown' | 'lastSeq' | 'skipTo' | 'publish' | 'readers'>
}

/** Read at once; small enough that the first of them need not wait for the last. */
const page = { limit: 500, maxChars: 1024 * 1024, timeBudgetMs: 1000 } as const
/** After a store that could not answer. */
const retryMs = 250

export class LogFollower implements Disposable {
  readonly #options: LogFollowerOptions
  #logEnd = 0
  #isReading = false
  #isClosed = false

  constructor(options: LogFollowerOptions) {
    this.#options = options
  }

  /** To be told of every new end of the log. */
  onLogEnd(lastSeq: number): void {
    const { tailHub } = this.#options
    this.#logEnd = lastSeq
    // At first, or a failover has lost what readers have seen: the log goes on from here.
    if (!tailHub.isLogKnown || lastSeq < tailHub.lastSeq) tailHub.skipTo(lastSeq)
    else void this.#catchUp()
  }

  /** To be told of every group commit of this process. */
  onCommit(group: CommittedGroup): void {
    const { tailHub } = this.#options
    if (tailHub.isLogKnown && group.firstSeq === tailHub.lastSeq + 1) tailHub.publish(group)
  }

  [Symbol.dispose](): void {
    this.#isClosed = true
  }

  async #catchUp(): Promise<void> {
    if (this.#isReading) return
    this.#isReading = true
    while (!this.#isClosed && this.#position < this.#logEnd) {
      if (this.#options.tailHub.readers === 0) this.#options.tailHub.skipTo(this.#logEnd)
      else await this.#publishPage()
    }
    this.#isReading = false
  }

  get #position(): number {
    return this.#options.tailHub.lastSeq
  }

  async #publishPage(): Promise<void> {
    const { store, tailHub } = this.#options
    try {
      const { events } = await store.readLog({ after: this.#position, topics: [], ...page })
      // Meanwhile what this process appended may have been passed on.
      for (const group of groupsOf(events.filter(({ seq }) => seq > this.#position))) tailHub.publish(group)
    } catch {
      // Publishers are told; those who read wait.
      await new Promise((resolve) => setTimeout(resolve, retryMs).unref())
    }
  }
}

/** Events as the groups that they were committed in, or parts of them. */
function* groupsOf(events: readonly StoredEvent[]): Generator<CommittedGroup> {
  let start = 0
  while (start < events.length) {
    const processedAtMs = events[start]?.processedAtMs ?? 0
    const next = events.findIndex((event, index) => index > start && event.processedAtMs !== processedAtMs)
    const end = next === -1 ? events.length : next
    const part = events.slice(start, end)
    yield {
      events: PackedEvents.from(part.map((event) => ({ ...event, instant: parseTimestamp(event.timestamp) ?? epoch }))),
      results: part.map(({ seq }) => ({ status: 'stored', seq })),
      processedAtMs,
      firstSeq: part[0]?.seq ?? 1,
      lastSeq: part.at(-1)?.seq ?? 0,
      durationMs: 0,
    }
    start = end
  }
}

const epoch = { ms: 0, fraction: '' }
