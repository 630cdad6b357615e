/** A flood of events in a real browser: the page says what it leaves out, answers clicks, and does not grow. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { openPage } from '../support/browser.ts'
import { wireEvent } from '../support/events.ts'
import { grid, waitUntilLive } from '../support/events-page.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

const perSecond = 5000
const seconds = 10
const batchesPerSecond = 10
/** What the page is meant to take is 200 ms; a busy machine gets slack, a page that hangs does not. */
const maxBlockedMs = 1000
const maxHeapBytes = 64 * 1024 * 1024

/** Watches from inside: how long clicks took until they were painted, and how long the page did nothing else. */
const watch = `
  window.clickMs = []
  window.blockedMs = []
  new PerformanceObserver((list) => {
    for (const { name, duration } of list.getEntries()) if (name === 'click') window.clickMs.push(duration)
  }).observe({ type: 'event', durationThreshold: 16 })
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) window.blockedMs.push(duration)
  }).observe({ type: 'longtask' })
`

async function storm(server: TestServer): Promise<void> {
  const startMs = performance.now()
  for (let batch = 0; batch < seconds * batchesPerSecond; batch++) {
    const events = Array.from({ length: perSecond / batchesPerSecond }, () =>
      wireEvent({ timestamp: new Date().toISOString(), payload: { level: 'INFO', text: 'x'.repeat(150) } }),
    )
    await server.publish(...events)
    const dueMs = startMs + ((batch + 1) * 1000) / batchesPerSecond
    // The pace of a publisher, not a wait for something to happen.
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, dueMs - performance.now())))
  }
}

async function heapBytes(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page)
  await session.send('HeapProfiler.collectGarbage')
  const { usedSize } = await session.send('Runtime.getHeapUsage')
  return usedSize
}

test('a storm of 5,000 events a second leaves the page responsive and its heap bounded', async (t) => {
  const server = await startTestServer(t)
  const page = await openPage(t, `${server.url}/events?live=true`)
  await waitUntilLive(page)
  await page.evaluate(watch)
  let isOver = false
  const raging = storm(server).finally(() => {
    isOver = true
  })
  await page.getByText(/showing [\d,]+ of [\d,]+\/s/).waitFor()
  let clicks = 0
  for (let isTable = false; !isOver; isTable = !isTable) {
    await page.getByRole('button', { name: isTable ? 'Show as chart' : 'Show as table' }).click()
    await page.getByRole('button', { name: isTable ? 'Show as table' : 'Show as chart' }).waitFor()
    clicks++
  }
  await raging
  await page.getByText(/came too fast to be shown/).waitFor()
  const { clickMs, blockedMs } = await page.evaluate<{ clickMs: number[]; blockedMs: number[] }>(
    '({ clickMs: window.clickMs, blockedMs: window.blockedMs })',
  )
  const longestClickMs = Math.max(0, ...clickMs)
  const longestBlockMs = Math.round(Math.max(0, ...blockedMs))
  const heap = await heapBytes(page)
  t.diagnostic(
    `${clicks} clicks, the slowest painted after ${longestClickMs} ms; longest task ${longestBlockMs} ms; heap ${Math.round(heap / 1024 / 1024)} MiB`,
  )
  assert(clicks > 0)
  assert(longestBlockMs < maxBlockedMs, `a task of ${longestBlockMs} ms`)
  assert(heap < maxHeapBytes, `a heap of ${heap} bytes`)
  const shown = Number(await grid(page).getAttribute('aria-rowcount'))
  assert(shown <= 5001)
  await page.getByRole('button', { name: 'Show all' }).click()
  await page.getByText(/came too fast/).waitFor({ state: 'detached' })
  await waitUntilLive(page)
})
