/** Row 14 of the program: a network that loses requests and answers. Publishers retry with the same ids. */
import { join } from 'node:path'
import { postBatch } from '../../src/client/post-batch.ts'
import { type NetworkFate, networkFates, startFaultyNetwork } from '../../test/support/faulty-network.ts'
import type { Fault, Trial, TrialResult } from '../fault.ts'
import { Books } from '../hostile/books.ts'
import type { CheckedEvent } from '../hostile/strict-check.ts'
import { type Random, seededRandom } from '../random.ts'
import { startServer } from '../server-process.ts'

const publishers = 16
const batchesPerPublisher = 12
const maxBatchEvents = 20
/** One request in so many meets each of the faults. */
const fates: readonly NetworkFate[] = [...networkFates, 'pass', 'pass', 'pass', 'pass', 'pass']
const retryPolicy = { attemptTimeoutMs: 250, baseDelayMs: 1, maxDelayMs: 20, maxStallMs: 60_000 }

export const networkFault: Fault = {
  name: 'network',
  what: 'requests and answers cut, reset, lost without a word or arriving byte by byte; publishers retry',
  unit: 'acknowledged events',
  trials: 50,
  run: runOverFaultyNetwork,
}

async function runOverFaultyNetwork({ seed, folder, signal }: Trial): Promise<TrialResult> {
  const store = `sqlite:${join(folder, 'events.db')}`
  await using server = startServer({ store, logFile: join(folder, 'server.log') })
  const url = await server.listening
  const random = seededRandom(seed)
  const books = new Books()
  const sent: (readonly CheckedEvent[])[] = []
  await using network = await startFaultyNetwork(url, () => fates[random.whole(0, fates.length - 1)] ?? 'pass')
  const publish = async (publisher: number) => {
    const own = seededRandom(seed + publisher)
    for (let at = 0; at < batchesPerPublisher; at++) {
      const events =
        own.whole(0, 4) === 0 && sent.length > 0 ? drawSent(sent, own) : drawBatch(`${publisher}-${at}`, own)
      sent.push(events)
      const onRetry = () => books.allow(events, 0)
      books.accept(events, await post(events, { url: network.url, retryPolicy, signal, onRetry }))
    }
  }
  await Promise.all(Array.from({ length: publishers }, (_, publisher) => publish(publisher)))
  const violations = [...(await books.compare(url)), ...(await resend(url, sent))]
  for (const fate of networkFates) if (!network.counts.has(fate)) violations.push(`no request met the fate: ${fate}`)
  return { tried: sent.reduce((sum, events) => sum + events.length, 0), violations }
}

/** Everything once more, over a network that works: only duplicates, and each of them counted. */
async function resend(url: string, sent: readonly (readonly CheckedEvent[])[]): Promise<string[]> {
  const read = async () =>
    (await (await fetch(`${url}/stats`)).json()) as { received: number; unique_processed: number }
  const before = await read()
  let accepted = 0
  for (const events of sent) accepted += await post(events, { url })
  const after = await read()
  const received = after.received - before.received
  const faults = received === accepted ? [] : [`${accepted} events were sent again, and ${received} counted`]
  const stored = after.unique_processed - before.unique_processed
  return stored === 0
    ? faults
    : [...faults, `${stored} events that were acknowledged were stored when they were sent again`]
}

async function post(events: readonly CheckedEvent[], options: Parameters<typeof postBatch>[1]): Promise<number> {
  const texts = events.map(
    ({ topic, eventId, timestamp, source, payload }) =>
      `{"topic":"${topic}","event_id":"${eventId}","timestamp":"${timestamp}","source":"${source}","payload":${payload}}`,
  )
  const body = `{"events":[${texts.join(',')}]}`
  return (await postBatch({ contentType: 'application/json', body, events: events.length }, options)).accepted
}

function drawBatch(prefix: string, random: Random): CheckedEvent[] {
  return Array.from({ length: random.whole(1, maxBatchEvents) }, (_, at) => ({
    topic: `network.${random.whole(0, 3)}`,
    eventId: `${prefix}-${at}`,
    timestamp: '2026-01-31T09:30:00Z',
    source: 'network',
    payload: `{"n":${random.whole(0, 1e9)}, "text":"${'x'.repeat(random.whole(0, 200))}"}`,
  }))
}

function drawSent(sent: readonly (readonly CheckedEvent[])[], random: Random): readonly CheckedEvent[] {
  return sent[random.whole(0, sent.length - 1)] ?? []
}
