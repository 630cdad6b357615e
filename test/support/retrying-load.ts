/**
 * Publishers that send the same batch again until a node acknowledges it, as a log shipper does, and what must be true of the
 * store afterwards.
 */
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { type WireEvent, wireEvent } from './events.ts'
import { clientOf } from './server.ts'

export interface RetryingLoad {
  /** Events whose batch was acknowledged. */
  readonly acknowledged: WireEvent[]
  /** Answers other than 202, by status. */
  readonly refused: Map<number, number>
  /** Milliseconds of the monotonic clock at each acknowledgement. */
  readonly ackTimesMs: number[]
  /** Resolves when this many events more are acknowledged. */
  more(events: number): Promise<void>
  /** Ends the publishers after their batches are acknowledged. */
  stop(): Promise<void>
  /** Ends them, acknowledged or not: nobody will ask. */
  abandon(): void
}

const publishers = 8
const retryMs = 20

/** @param urls of the nodes; a publisher that is refused or cut off goes to the next one. */
export function startRetryingLoad(urls: () => readonly string[]): RetryingLoad {
  const acknowledged: WireEvent[] = []
  const refused = new Map<number, number>()
  const ackTimesMs: number[] = []
  const waiting = new Set<{ events: number; resolve: () => void }>()
  let isStopped = false
  let isAbandoned = false
  const send = async (url: string, events: readonly WireEvent[]): Promise<boolean> => {
    try {
      const response = await clientOf({ url }).publish(...events)
      await response.text()
      if (response.status === 202) return true
      refused.set(response.status, (refused.get(response.status) ?? 0) + 1)
      assert.equal(response.status, 503)
      assert.ok(response.headers.has('retry-after'))
    } catch (thrown) {
      if (thrown instanceof assert.AssertionError) throw thrown
      // Cut off: whether the batch is stored is not known.
    }
    await sleep(retryMs)
    return false
  }
  const publish = async (publisher: number) => {
    for (let batch = 0; !isStopped; batch++) {
      const events = Array.from({ length: 1 + ((publisher * 7 + batch) % 60) }, () =>
        wireEvent({ topic: `topic.${publisher % 3}`, payload: { publisher, batch } }),
      )
      for (let tries = publisher; ; tries++) {
        if (isAbandoned) return
        const all = urls()
        if (await send(all[tries % all.length] ?? '', events)) break
      }
      acknowledged.push(...events)
      ackTimesMs.push(performance.now())
      for (const each of waiting) if (acknowledged.length >= each.events) each.resolve()
    }
  }
  const ended = Promise.all(Array.from({ length: publishers }, (_, publisher) => publish(publisher)))
  // A publisher that fails ends the waits.
  ended.catch(() => {})
  return {
    acknowledged,
    refused,
    ackTimesMs,
    async more(events) {
      const reached = Promise.withResolvers<void>()
      waiting.add({ events: acknowledged.length + events, resolve: reached.resolve })
      await Promise.race([reached.promise, ended])
    },
    abandon() {
      isStopped = true
      isAbandoned = true
    },
    async stop() {
      isStopped = true
      await ended
    },
  }
}

/** Every event that was acknowledged is stored once, nothing else is, seqs have no gaps, and the counters add up. */
export async function assertStoredOnce(url: string, load: RetryingLoad): Promise<void> {
  const client = clientOf({ url })
  const payloads = new Map<string, string>()
  let cursor: string | null = null
  let nextSeq = 1
  do {
    const page = await client.getJson(`/events?order=seq&limit=1000${cursor === null ? '' : `&cursor=${cursor}`}`)
    for (const { event_id: eventId, seq, payload } of page.events) {
      assert.equal(seq, nextSeq++, 'seqs have no gaps')
      assert.ok(!payloads.has(eventId), 'stored once')
      payloads.set(eventId, JSON.stringify(payload))
    }
    cursor = page.next_cursor
  } while (cursor !== null)
  const lost = load.acknowledged.filter(({ event_id, payload }) => payloads.get(event_id) !== JSON.stringify(payload))
  assert.equal(lost.length, 0, 'nothing acknowledged is lost')
  assert.equal(payloads.size, load.acknowledged.length, 'nothing else is stored')
  for (let at = 0; at < load.acknowledged.length; at += 1000) {
    const answer = await client.publish(...load.acknowledged.slice(at, at + 1000))
    const { unique, conflicts } = (await answer.json()) as { unique: number; conflicts: number }
    assert.deepEqual([unique, conflicts], [0, 0], 'sent again, all are duplicates')
  }
  const { received, unique_processed, duplicate_dropped } = await client.getJson('/stats')
  assert.equal(unique_processed, load.acknowledged.length)
  assert.equal(received, unique_processed + duplicate_dropped)
}
