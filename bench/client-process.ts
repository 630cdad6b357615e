/** The client of the benchmark in a process of its own, so that its CPU time and memory are its own. Answers by IPC. */
import { Publisher } from '../src/client/index.ts'
import { openFileSpool } from '../src/client/spool/file-spool.ts'

export interface RateTask {
  readonly kind: 'rate'
  readonly url: string
  readonly batchEvents: number
  readonly seconds: number
}

export interface MemoryTask {
  readonly kind: 'memory'
  readonly url: string
  readonly events: number
  /** How long every answer takes. */
  readonly answerMs: number
  readonly spoolFolder: string | undefined
}

export interface ClientRate {
  readonly eventsPerSecond: number
  /** Of this process, all threads. */
  readonly cpuMicrosecondsPerEvent: number
  /** Of all phases, as `lost`. */
  readonly stored: number
  readonly lost: number
}

export interface ClientMemory {
  /** Of the heap, after a collection, with the queue as full as it gets. */
  readonly heapBytes: number
  /** Resident, compared with before. */
  readonly rssBytes: number
  readonly queued: number
  readonly dropped: number
  readonly microsecondsPerEnqueue: number
}

const origin = { topic: 'bench.client', source: 'bench' }
const payloadText = 'x'.repeat(110)
const warmUpShare = 0.3

process.once('message', async (task: RateTask | MemoryTask) => {
  process.send?.(task.kind === 'rate' ? await measureRate(task) : await measureMemory(task))
  process.disconnect?.()
})

async function measureRate({ url, batchEvents, seconds }: RateTask): Promise<ClientRate> {
  // As many wait as fill the next batches, so that the end of the time is near the end of the events.
  const maxQueueEvents = Math.max(20, 6 * batchEvents)
  await using publisher = new Publisher({ url, ...origin, maxBatchEvents: batchEvents, maxQueueEvents })
  await publisher.publishMany(eventsFor(seconds * warmUpShare))
  const before = process.cpuUsage()
  const startedAtMs = performance.now()
  const results = await publisher.publishMany(eventsFor(seconds))
  const elapsedSeconds = (performance.now() - startedAtMs) / 1000
  const { user, system } = process.cpuUsage(before)
  return {
    eventsPerSecond: results.length / elapsedSeconds,
    cpuMicrosecondsPerEvent: (user + system) / results.length,
    stored: publisher.counts.stored,
    lost: publisher.counts.lost,
  }
}

async function measureMemory({ url, events, answerMs, spoolFolder }: MemoryTask): Promise<ClientMemory> {
  const slow: typeof fetch = async (input, init) => {
    await new Promise((resolve) => setTimeout(resolve, answerMs))
    return fetch(input, init)
  }
  const publisher = new Publisher({
    ...{ url, ...origin, onFull: 'drop-oldest', surroundings: { fetch: slow } },
    ...(spoolFolder !== undefined && { spool: openFileSpool(spoolFolder) }),
  })
  globalThis.gc?.()
  const before = process.memoryUsage()
  const startedAtMs = performance.now()
  let n = 0
  for (const event of eventsFor(Number.POSITIVE_INFINITY)) {
    publisher.enqueue(event)
    if (++n >= events) break
    // As a program would: now and then it lets others do their work.
    if (n % 1000 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  const elapsedMs = performance.now() - startedAtMs
  globalThis.gc?.()
  const after = process.memoryUsage()
  const { queued, dropped } = publisher.counts
  await publisher.close({ signal: AbortSignal.abort() }).catch(() => {})
  return {
    heapBytes: after.heapUsed - before.heapUsed,
    rssBytes: after.rss - before.rss,
    ...{ queued, dropped, microsecondsPerEnqueue: (elapsedMs * 1000) / events },
  }
}

function* eventsFor(seconds: number) {
  const endMs = performance.now() + seconds * 1000
  for (let n = 0; performance.now() < endMs; n++) yield { payload: { level: 'INFO', n, text: payloadText } }
}
