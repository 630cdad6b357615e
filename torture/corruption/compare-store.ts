/** What a damaged store serves, compared with what was published. */
import { isDeepStrictEqual } from 'node:util'
import { AppError } from '../../src/core/errors.ts'
import type { StoredEvent } from '../../src/core/event.ts'
import type { EventStore } from '../../src/core/event-store.ts'
import type { Moment } from './filled-store.ts'

/** Everything that the store says must be what it held at that moment. */
export async function differences(store: EventStore, { events, duplicates, received }: Moment): Promise<string[]> {
  const found: string[] = []
  const check = (what: string, actual: unknown, expected: unknown) => {
    if (!isDeepStrictEqual(actual, expected)) found.push(`${what} differ, and verify found nothing`)
  }
  const stats = await store.stats()
  check(
    'the counters',
    [stats.received, stats.uniqueProcessed, stats.duplicateDropped],
    [received, events.length, duplicates],
  )
  for (const order of ['seq', 'asc', 'desc'] as const) {
    const page = await store.readEvents({ order, limit: 10_000, timeBudgetMs: 60_000 })
    const seqs = page.events.map(({ seq }) => seq).sort((a, b) => a - b)
    check(
      `the events in the order ${order}`,
      seqs,
      events.map(({ seq }) => seq),
    )
  }
  check('the events', await readAll(store), events)
  const records = await store.readDuplicates({ limit: 10_000 })
  check('the records of duplicates', records.duplicates.length, duplicates)
  const topics = await store.readTopics()
  const countOf = (name: string) => events.filter(({ topic }) => topic === name).length
  check(
    'the topics',
    topics.map(({ events: count }) => count),
    topics.map(({ topic }) => countOf(topic)),
  )
  await store.subscriptions.find('s')
  const again = events.map((event) => ({ ...event, instant: { ms: Date.parse(event.timestamp), fraction: '' } }))
  const results = again.length === 0 ? [] : await store.append(again)
  check(
    'the answers to a retry',
    results,
    events.map(({ seq }) => ({ status: 'duplicate', seq })),
  )
  return found
}

/** After damage was found: what is served must still be right. */
export async function wrongAnswers(store: EventStore, { events }: Moment): Promise<string[]> {
  const found: string[] = []
  for (const event of events) {
    const served = await store.findEvent(event.topic, event.eventId).catch(orClear)
    if (served === undefined || served instanceof AppError) continue
    if (!isDeepStrictEqual(plain(served), event))
      found.push(`event ${event.seq} was served as ${JSON.stringify(served)}`)
  }
  for (const event of await readAll(store).catch(() => [])) {
    const published = events.find(({ seq }) => seq === event.seq)
    if (!isDeepStrictEqual(event, published)) found.push(`event ${event.seq} was listed as ${JSON.stringify(event)}`)
  }
  return found
}

function orClear(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown
  throw thrown
}

async function readAll(store: EventStore): Promise<StoredEvent[]> {
  const { events } = await store.readEvents({ order: 'seq', limit: 10_000, timeBudgetMs: 60_000 })
  return events.map(plain)
}

function plain({ topic, eventId, timestamp, source, payload, seq, processedAtMs }: StoredEvent): StoredEvent {
  return { topic, eventId, timestamp, source, payload, seq, processedAtMs }
}
