/** A memory store whose appends wait until the test lets them go on, or fails them. */
import { systemClock } from '../../src/core/clock.ts'
import type { AppendResult, EventStore } from '../../src/core/event-store.ts'
import type { EventList } from '../../src/core/packed-events.ts'
import { openMemoryEventStore } from '../../src/stores/memory/memory-event-store.ts'

export interface HeldAppend {
  readonly events: EventList
  /** Lets it go on to the memory store. */
  commit(): void
  fail(error: unknown): void
}

export interface HeldStore {
  readonly store: EventStore
  /** The next append to arrive; it stays held until the test decides. */
  nextAppend(): Promise<HeldAppend>
}

export function openHeldStore(): HeldStore {
  const memory = openMemoryEventStore({ clock: systemClock })
  const arrived: HeldAppend[] = []
  let waiting: ((append: HeldAppend) => void) | undefined
  const store: EventStore = {
    append(events, processedAtMs) {
      const decision = Promise.withResolvers<AppendResult[]>()
      const held: HeldAppend = {
        events,
        commit: () => decision.resolve(memory.append(events, processedAtMs)),
        fail: (error) => decision.reject(error),
      }
      if (waiting === undefined) arrived.push(held)
      else waiting(held)
      waiting = undefined
      return decision.promise
    },
    subscriptions: memory.subscriptions,
    statistics: memory.statistics,
    checkWritable: () => memory.checkWritable(),
    findEvent: (topic, eventId) => memory.findEvent(topic, eventId),
    readEvents: (query) => memory.readEvents(query),
    readLog: (query) => memory.readLog(query),
    readDuplicates: (query) => memory.readDuplicates(query),
    readTopicNames: () => memory.readTopicNames(),
    readTopics: () => memory.readTopics(),
    stats: () => memory.stats(),
    [Symbol.asyncDispose]: () => memory[Symbol.asyncDispose](),
  }
  return {
    store,
    async nextAppend() {
      const next = arrived.shift()
      if (next !== undefined) return next
      return new Promise((resolve) => {
        waiting = resolve
      })
    },
  }
}
