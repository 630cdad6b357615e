/** Publishers as they should be: one batch after the other, each sent until it is acknowledged, waiting as they are told. */
import { postBatch } from '../../src/client/post-batch.ts'

export interface PublisherOptions {
  readonly url: URL
  readonly phase: string
  readonly publishers: number
  readonly signal: AbortSignal
}

export interface PublisherOutcome {
  readonly acknowledgedEvents: number
  /** Why a publisher gave up, or that what it sent was stored more or less than once. */
  readonly failures: readonly string[]
}

export interface WellBehaved {
  /** Each finishes the batch that it is at, and one more. */
  finish(): Promise<PublisherOutcome>
}

const batchEvents = 50

export function startPublishers({ url, phase, publishers, signal }: PublisherOptions): WellBehaved {
  let isStorm = true
  let acknowledgedEvents = 0
  const failures: string[] = []
  const publish = async (publisher: number) => {
    for (let batch = 0, isLast = false; !isLast; batch++) {
      isLast = !isStorm
      const body = batchText(`${phase}.waiting.${publisher}`, batch)
      const options = { url: url.origin, signal }
      const first = await postBatch({ contentType: 'application/json', body, events: batchEvents }, options)
      acknowledgedEvents += first.accepted
    }
  }
  const running = Promise.allSettled(Array.from({ length: publishers }, (_, publisher) => publish(publisher)))
  return {
    async finish() {
      isStorm = false
      for (const outcome of await running) {
        if (outcome.status === 'rejected') failures.push(String(outcome.reason))
      }
      signal.throwIfAborted()
      return { acknowledgedEvents, failures }
    },
  }
}

function batchText(topic: string, batch: number): string {
  const events = Array.from({ length: batchEvents }, (_, index) => ({
    topic,
    event_id: `${batch}-${index}`,
    timestamp: '2026-01-01T00:00:00Z',
    source: 'waiting',
    payload: { batch, index },
  }))
  return JSON.stringify({ events })
}
