/** What a store is, in a few Maps and arrays; slow and plain, so that one can see that it is right. */
import assert from 'node:assert/strict'
import type { NewEvent } from '../../src/core/event.ts'
import type {
  AppendResult,
  AppendStatus,
  DuplicateRecord,
  EventOrder,
  EventPosition,
  EventQuery,
  EventStore,
  TopicSummary,
} from '../../src/core/event-store.ts'

interface ModelEvent extends NewEvent {
  readonly seq: number
  readonly processedAtMs: number
}

interface ModelDuplicate extends Omit<DuplicateRecord, 'id'> {
  readonly status: AppendStatus
}

export class StoreModel {
  /** In the order of the commits, and the clock may have jumped between them. */
  readonly #seenAtMs = new Map<string, number[]>()
  readonly #stored = new Map<string, ModelEvent>()
  readonly #duplicates: ModelDuplicate[] = []

  get received(): number {
    return this.#stored.size + this.#duplicates.length
  }

  append(events: readonly NewEvent[], nowMs: number): AppendResult[] {
    return events.map((event) => {
      this.#seenAtMs.set(event.topic, [...(this.#seenAtMs.get(event.topic) ?? []), nowMs])
      const key = JSON.stringify([event.topic, event.eventId])
      const stored = this.#stored.get(key)
      if (stored === undefined) {
        const seq = this.#stored.size + 1
        this.#stored.set(key, { ...event, seq, processedAtMs: nowMs })
        return { status: 'stored', seq }
      }
      const { topic, eventId, timestamp, source, payload } = event
      const isSame = timestamp === stored.timestamp && source === stored.source && payload === stored.payload
      const status = isSame ? 'duplicate' : 'conflict'
      const refused = isSame ? undefined : { timestamp, source, payload }
      this.#duplicates.push({ topic, eventId, seq: stored.seq, seenAtMs: nowMs, source, refused, status })
      return { status, seq: stored.seq }
    })
  }

  /** Everything that a reader can ask for without a filter. */
  async assertSameState(store: EventStore): Promise<void> {
    const { received, uniqueProcessed, duplicateDropped, conflicts, lastSeq } = await store.stats()
    assert.deepEqual(
      { received, uniqueProcessed, duplicateDropped, conflicts, lastSeq },
      {
        received: this.received,
        uniqueProcessed: this.#stored.size,
        duplicateDropped: this.#duplicates.length,
        conflicts: this.#duplicates.filter(({ status }) => status === 'conflict').length,
        lastSeq: this.#stored.size,
      },
    )
    assert.deepEqual(await store.readTopics(), this.#topics())
    const { duplicates } = await store.readDuplicates({ limit: 1000 })
    assert.deepEqual(
      duplicates.map(({ id: _, ...record }) => record),
      this.#duplicates.map(({ status: _, ...record }) => record).reverse(),
    )
    for (const expected of this.#stored.values()) {
      const found = await store.findEvent(expected.topic, expected.eventId)
      assert.deepEqual(found && comparable(found), comparable(expected))
    }
  }

  /** Reads page by page what the query asks for. */
  async assertSameListing(store: EventStore, query: Partial<EventQuery>, limit: number): Promise<void> {
    const { order = 'desc', topic, source, text, from, to } = query
    const expected = [...this.#stored.values()]
      .filter(
        (event) =>
          (topic === undefined || event.topic === topic) &&
          (source === undefined || event.source === source) &&
          (text === undefined || event.payload.toLowerCase().includes(text)) &&
          (from === undefined || compareTimes(event.instant, from) >= 0) &&
          (to === undefined || compareTimes(event.instant, to) < 0),
      )
      .sort((a, b) => compareEvents(a, b, order))
    const listed: unknown[] = []
    let after: EventPosition | undefined
    for (let pages = 0; pages <= expected.length / limit; pages++) {
      const page = await store.readEvents({ order, topic, source, text, from, to, limit, after, timeBudgetMs: 60_000 })
      listed.push(...page.events.map(comparable))
      after = page.next
      if (after === undefined) break
    }
    assert.equal(after, undefined, 'the listing ends with its last event')
    assert.deepEqual(listed, expected.map(comparable))
  }

  #topics(): TopicSummary[] {
    const names = [...new Set([...this.#stored.values()].map(({ topic }) => topic))].sort()
    return names.map((topic) => {
      const events = [...this.#stored.values()].filter((event) => event.topic === topic)
      const duplicates = this.#duplicates.filter((duplicate) => duplicate.topic === topic)
      const seenAtMs = this.#seenAtMs.get(topic) ?? []
      return {
        topic,
        events: events.length,
        duplicates: duplicates.length,
        conflicts: duplicates.filter(({ status }) => status === 'conflict').length,
        lastSeq: Math.max(...events.map(({ seq }) => seq)),
        firstSeenAtMs: seenAtMs[0] ?? Number.NaN,
        lastSeenAtMs: seenAtMs.at(-1) ?? Number.NaN,
      }
    })
  }
}

function comparable(event: Omit<ModelEvent, 'instant'>): unknown {
  const { topic, eventId, timestamp, source, payload, seq, processedAtMs } = event
  return { topic, eventId, timestamp, source, payload, seq, processedAtMs }
}

function compareEvents(a: ModelEvent, b: ModelEvent, order: EventOrder): number {
  const rising = order === 'seq' ? a.seq - b.seq : compareTimes(a.instant, b.instant) || a.seq - b.seq
  return order === 'desc' ? -rising : rising
}

function compareTimes(a: ModelEvent['instant'], b: ModelEvent['instant']): number {
  if (a.ms !== b.ms) return a.ms - b.ms
  return a.fraction < b.fraction ? -1 : Number(a.fraction > b.fraction)
}
