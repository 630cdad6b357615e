/** A small store to be damaged, with duplicates, conflicts and a subscription; and what it held after each commit. */
import { copyFileSync } from 'node:fs'
import { systemClock } from '../../src/core/clock.ts'
import type { NewEvent, StoredEvent } from '../../src/core/event.ts'
import { openSqliteEventStore } from '../../src/stores/sqlite/sqlite-event-store.ts'
import type { Random } from '../random.ts'

/** What the store held after a commit. */
export interface Moment {
  readonly received: number
  readonly events: readonly StoredEvent[]
  readonly duplicates: number
}

const batches = 16
const startMs = 1_769_851_800_000

/** @param crashed where to put what a crash at the end would leave. @returns what the store held after each commit. */
export async function fill(path: string, crashed: string | undefined, random: Random): Promise<Moment[]> {
  const moments: Moment[] = [{ received: 0, events: [], duplicates: 0 }]
  await fillSome(path, moments, random)
  if (crashed === undefined) return moments
  // What was closed before is in the file, and what comes now is in the WAL.
  await fillSome(path, moments, random, () => {
    for (const suffix of ['', '-wal']) copyFileSync(`${path}${suffix}`, `${crashed}${suffix}`)
  })
  return moments
}

async function fillSome(path: string, moments: Moment[], random: Random, atEnd = () => {}): Promise<void> {
  await using store = await openSqliteEventStore(path, { clock: systemClock })
  await store.subscriptions.create(
    's',
    { topics: ['t.>'], leaseMs: 60_000, maxAttempts: 5, push: undefined },
    { kind: 'earliest' },
  )
  for (let batch = 0; batch < batches; batch++) {
    const before = moments.at(-1) as Moment
    const sent = Array.from({ length: random.whole(1, 30) }, () => randomEvent(before.events, random))
    const atMs = startMs + moments.length
    const results = await store.append(sent, atMs)
    const stored = sent.flatMap(({ instant: _, ...event }, index) =>
      results[index]?.status === 'stored' ? [{ ...event, seq: results[index].seq, processedAtMs: atMs }] : [],
    )
    moments.push({
      received: before.received + sent.length,
      events: [...before.events, ...stored],
      duplicates: before.duplicates + sent.length - stored.length,
    })
  }
  atEnd()
}

function randomEvent(known: readonly StoredEvent[], random: Random): NewEvent {
  const ms = startMs + random.whole(0, 999)
  const again = random.share() < 0.2 ? known[random.whole(0, known.length)] : undefined
  const payload = `{"n":${random.share()},"text":"${'abcdefgh'.repeat(random.whole(0, 40))}"}`
  const fresh = {
    topic: `t.${random.whole(0, 4)}`,
    eventId: `e-${random.whole(0, 2 ** 52)}`,
    timestamp: new Date(ms).toISOString(),
    source: 'torture',
    payload,
  }
  if (again === undefined) return { ...fresh, instant: { ms, fraction: '' } }
  const { topic, eventId, timestamp, source } = again
  const isConflict = random.share() < 0.2
  const content = { topic, eventId, timestamp, source, payload: isConflict ? payload : again.payload }
  return { ...content, instant: { ms: Date.parse(timestamp), fraction: '' } }
}
