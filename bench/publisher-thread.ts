/** The thread of publisher.ts: one phase after the other, as it is told. */
import { once } from 'node:events'
import { parentPort, workerData } from 'node:worker_threads'
import { openLoad } from '../src/cli/bench-load.ts'
import { batchesOf, openStoreSource } from './filled-store.ts'
import type { Published, PublisherNews, PublisherOptions, PublishPhase } from './publisher.ts'

const pollMs = 1
const { url, description, batchEvents, connections } = workerData as PublisherOptions
const parent = parentPort as NonNullable<typeof parentPort>
const source = openStoreSource(description)
const from = description.keys
const nextBatch = batchesOf(source, { from, to: Number.MAX_SAFE_INTEGER, batchEvents, isNew: true })
const phases = new AbortController()
using load = await openLoad({ url, connections, nextBatch, signal: phases.signal })

for (;;) {
  const [phase] = (await once(parent, 'message')) as [PublishPhase]
  tell({ published: await publish(phase) })
}

async function publish(phase: PublishPhase): Promise<Published> {
  const running = load.run(phase)
  const timer = setInterval(() => {
    if (load.result.sent === 0) return
    clearInterval(timer)
    tell({ isPublishing: true })
  }, pollMs)
  const { sent, unique, seconds, latencies } = await running
  clearInterval(timer)
  tell({ isPublishing: true })
  const [p50AckMs, p99AckMs] = [latencies.quantileMs(0.5), latencies.quantileMs(0.99)]
  return { sent, unique, seconds, p50AckMs, p99AckMs, maxAckMs: latencies.maxMs }
}

function tell(news: PublisherNews): void {
  parent.postMessage(news)
}
