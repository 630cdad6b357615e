/** The demo's services go on publishing, as they did in the hour before. */
import { setTimeout as pause } from 'node:timers/promises'
import { demoSteps } from './demo-history.ts'

/** A step of ten seconds is spread over so many requests. */
const requestsPerStep = 20
const pauseMs = 500

/** Publishes until it is disposed of. */
export function startDemoTraffic(url: string): AsyncDisposable {
  const stop = new AbortController()
  const running = publishAll(url, stop.signal)
  return {
    async [Symbol.asyncDispose]() {
      stop.abort()
      await running
    },
  }
}

async function publishAll(url: string, signal: AbortSignal): Promise<void> {
  // A step is published in the ten seconds after it: nothing comes from the future.
  const startMs = Date.now() - 10_000
  // An hour: whoever looks is done by then.
  for (const { events } of demoSteps({ fromMs: startMs, toMs: startMs + 3_600_000, seed: 2 })) {
    for (let part = 0; part < requestsPerStep; part++) {
      const due = events.filter((_, index) => index % requestsPerStep === part)
      if (due.length > 0) await publish(url, due)
      await pause(pauseMs, undefined, { signal }).catch(() => {})
      if (signal.aborted) return
    }
  }
}

async function publish(url: string, events: readonly object[]): Promise<void> {
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(`${url}/publish`, { method: 'POST', headers, body: JSON.stringify({ events }) })
  await answer.body?.cancel()
}
