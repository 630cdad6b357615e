/** A server that is told to stop answers what it has accepted; what was retried is stored once. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { type WireEvent, wireEvent } from '../support/events.ts'
import { type ServerProcess, startServerProcess } from '../support/process.ts'
import { clientOf } from '../support/server.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

interface Load {
  readonly sent: WireEvent[]
  readonly acknowledged: WireEvent[]
  /** Requests answered with something else than 202, as `status code`. */
  readonly refused: string[]
  /** Resolves at this many acknowledged events. */
  reached(events: number): Promise<void>
  /** Resolves when every publisher has stopped, because the server is gone. */
  readonly ended: Promise<unknown>
}

/** Eight publishers that send batches, one after the other, until a request fails. */
function startLoad(server: ServerProcess): Load {
  const client = clientOf(server)
  const sent: WireEvent[] = []
  const acknowledged: WireEvent[] = []
  const refused: string[] = []
  const waiting: { events: number; resolve: () => void }[] = []
  const publish = async (publisher: number) => {
    for (let batch = 0; ; batch++) {
      const events = Array.from({ length: 1 + ((publisher * 7 + batch) % 40) }, () =>
        wireEvent({ topic: `topic.${publisher % 3}`, payload: { publisher, batch } }),
      )
      sent.push(...events)
      const response = await client.publish(...events)
      if (response.status !== 202) {
        const { code } = (await response.json()) as { code: string }
        refused.push(`${response.status} ${code}`)
        return
      }
      acknowledged.push(...events)
      for (const { events: wanted, resolve } of waiting) if (acknowledged.length >= wanted) resolve()
    }
  }
  const ended = Promise.allSettled(Array.from({ length: 8 }, (_, publisher) => publish(publisher)))
  const reached = (events: number) => new Promise<void>((resolve) => waiting.push({ events, resolve }))
  return { sent, acknowledged, refused, reached, ended }
}

async function readAll(server: ServerProcess): Promise<Map<string, string>> {
  const client = clientOf(server)
  const found = new Map<string, string>()
  let cursor: string | null = null
  do {
    const page = await client.getJson(`/events?order=seq&limit=1000${cursor === null ? '' : `&cursor=${cursor}`}`)
    for (const event of page.events) {
      assert.ok(!found.has(event.event_id), 'stored once')
      found.set(event.event_id, JSON.stringify(event.payload))
    }
    cursor = page.next_cursor
  } while (cursor !== null)
  return found
}

async function assertAllStoredOnce(t: TestContext, store: string, load: Load): Promise<void> {
  const server = await startServerProcess(t, ['--store', store])
  const stored = await readAll(server)
  for (const event of load.acknowledged) {
    assert.equal(stored.get(event.event_id), JSON.stringify(event.payload), 'acknowledged means durable')
  }
  const client = clientOf(server)
  for (let at = 0; at < load.sent.length; at += 1000) {
    assert.equal((await client.publish(...load.sent.slice(at, at + 1000))).status, 202)
  }
  assert.equal((await readAll(server)).size, load.sent.length)
  const stats = await client.getJson('/stats')
  assert.equal(stats.unique_processed, load.sent.length)
  assert.equal(stats.received, stats.unique_processed + stats.duplicate_dropped)
  assert.equal(stats.store.last_seq, load.sent.length)
}

test('SIGTERM under load answers what was accepted, ends with 0, and loses nothing', async (t) => {
  const store = `sqlite:${join(temporaryFolder(t), 'a.db')}`
  const server = await startServerProcess(t, ['--store', store])
  const load = startLoad(server)
  await load.reached(500)
  server.child.kill('SIGTERM')
  assert.equal((await server.exited).code, 0)
  await load.ended
  assert.ok(
    load.refused.every((text) => text === '503 draining'),
    String(load.refused),
  )
  await assertAllStoredOnce(t, store, load)
})
