/** What the tests of the contract work with: an open store, its clock, events, and whole listings. */
import assert from 'node:assert/strict'
import type { Clock } from '../../src/core/clock.ts'
import type { NewEvent, StoredEvent } from '../../src/core/event.ts'
import type {
  AppendStatus,
  DuplicateQuery,
  DuplicateRecord,
  EventOrder,
  EventPage,
  EventPosition,
  EventQuery,
  EventStore,
} from '../../src/core/event-store.ts'

/** The store of one test, closed after it. */
export interface StoreBench extends AsyncDisposable {
  readonly store: EventStore
  /** The wall clock that the store was given; it stands still until a test moves it. */
  nowMs: number
  /** Disposes of the store and opens it again at the same place. */
  reopen(): Promise<EventStore>
}

/** Registers one sentence about stores and the check that it holds. */
export type Behaviour = (sentence: string, check: (bench: StoreBench) => Promise<void>) => void

/** 2026-01-31T09:30:00Z. */
export const startMs = 1_769_851_800_000

export const orders: readonly EventOrder[] = ['desc', 'asc', 'seq']

/** More pages than any test here needs: a listing that does not end is a failure, not a hang. */
const maxPages = 10_000

export async function openBench(open: (clock: Clock) => Promise<EventStore>): Promise<StoreBench> {
  const clock: Clock = { nowMs: () => bench.nowMs, monotonicMs: () => performance.now() }
  let store: EventStore | undefined
  const bench = {
    nowMs: startMs,
    get store(): EventStore {
      if (store === undefined) throw new Error('the store is closed')
      return store
    },
    async reopen(): Promise<EventStore> {
      await bench[Symbol.asyncDispose]()
      store = await open(clock)
      return store
    },
    async [Symbol.asyncDispose](): Promise<void> {
      const closing = store
      store = undefined
      await closing?.[Symbol.asyncDispose]()
    },
  }
  await bench.reopen()
  return bench
}

/** What a test says of an event; the rest is filled in. */
export interface EventFields extends Partial<Omit<NewEvent, 'instant'>> {
  /** Milliseconds of the instant since the Unix epoch. */
  readonly ms?: number
  /** Digits of the instant after its millisecond, without trailing zeros. */
  readonly fraction?: string
}

/** A valid event; every call without an `eventId` gives another one. */
export function anEvent({ ms = startMs, fraction = '', ...fields }: EventFields = {}): NewEvent {
  return {
    topic: 'logs.test',
    eventId: crypto.randomUUID(),
    timestamp: new Date(ms).toISOString().replace('Z', `${fraction}Z`),
    source: 'contract',
    payload: '{"level":"INFO"}',
    instant: { ms, fraction },
    ...fields,
  }
}

export function someEvents(count: number, fields: (index: number) => EventFields = () => ({})): NewEvent[] {
  return Array.from({ length: count }, (_, index) => anEvent(fields(index)))
}

/** An event as it is found again: what was sent, and where and when it was stored. */
export function asStored(event: NewEvent, seq: number, processedAtMs = startMs): StoredEvent {
  const { topic, eventId, timestamp, source, payload } = event
  return { topic, eventId, timestamp, source, payload, seq, processedAtMs }
}

/** The fields of the port; an adapter may carry more. */
export function storedFields(event: StoredEvent | undefined): StoredEvent | undefined {
  if (event === undefined) return undefined
  const { topic, eventId, timestamp, source, payload, seq, processedAtMs } = event
  return { topic, eventId, timestamp, source, payload, seq, processedAtMs }
}

export async function statusesOf(store: EventStore, events: readonly NewEvent[]): Promise<AppendStatus[]> {
  return (await store.append(events)).map(({ status }) => status)
}

/** A query for everything, newest first, with time enough. */
export function aQuery(fields: Partial<EventQuery> = {}): EventQuery {
  return { order: 'desc', limit: 1000, timeBudgetMs: 60_000, ...fields }
}

/** Every page of a query, from its `after` to the end. */
export async function* pagesOf(store: EventStore, fields: Partial<EventQuery> = {}): AsyncGenerator<EventPage> {
  const query = aQuery(fields)
  let after: EventPosition | undefined = query.after
  for (let count = 0; count < maxPages; count++) {
    const page = await store.readEvents({ ...query, after })
    assert.ok(page.events.length <= query.limit, 'a page holds at most `limit` events')
    yield page
    if (page.next === undefined) return
    after = page.next
  }
  assert.fail(`the listing did not end after ${maxPages} pages`)
}

export async function allEvents(store: EventStore, fields: Partial<EventQuery> = {}): Promise<StoredEvent[]> {
  const pages = await Array.fromAsync(pagesOf(store, fields))
  return pages.flatMap(({ events }) => events)
}

export async function eventIdsOf(store: EventStore, fields: Partial<EventQuery> = {}): Promise<string[]> {
  return (await allEvents(store, fields)).map(({ eventId }) => eventId)
}

/** Every duplicate on record that the query asks for, newest first. */
export async function allDuplicates(
  store: EventStore,
  fields: Partial<DuplicateQuery> = {},
): Promise<DuplicateRecord[]> {
  const found: DuplicateRecord[] = []
  let { beforeId } = fields
  for (let count = 0; count < maxPages; count++) {
    const page = await store.readDuplicates({ limit: 1000, ...fields, beforeId })
    found.push(...page.duplicates)
    if (page.nextBeforeId === undefined) return found
    beforeId = page.nextBeforeId
  }
  assert.fail(`the duplicates did not end after ${maxPages} pages`)
}
