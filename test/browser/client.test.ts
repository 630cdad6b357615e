/** `sekali/client` where there is no Node: bundled, in a page that the server serves. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'
import { openPage } from '../support/browser.ts'
import { wireEvent } from '../support/events.ts'
import { startTestServer } from '../support/server.ts'

const entry = join(fileURLToPath(new URL('../../src/client', import.meta.url)), 'index.ts')

/** The client as one script, which leaves it in the variable `sekali`. */
async function bundle(): Promise<string> {
  const built = await build({
    configFile: false,
    logLevel: 'warn',
    build: { write: false, lib: { entry, name: 'sekali', formats: ['iife'] } },
  })
  const [first] = [built].flat()
  assert(first !== undefined && 'output' in first)
  return first.output[0].code
}

test('in a browser events are published once, read live, and handled with acks', async (t) => {
  const server = await startTestServer(t)
  const page = await openPage(t, server.url)
  await server.publish(wireEvent({ topic: 'web.clicks', event_id: 'before' }))
  const code = await bundle()
  const seen: unknown = await page.evaluate(`(async () => {
    ${code}
    const url = location.origin
    const publisher = new sekali.Publisher({ url, topic: 'web.clicks', source: 'page' })
    const first = await publisher.publish({ event_id: 'click-1', payload: { x: 1 } })
    const again = await publisher.publish({ event_id: 'click-1', timestamp: first.timestamp, payload: { x: 2 } })
    publisher.enqueue({ event_id: 'click-2', payload: {} })
    await publisher.close()
    const tailed = []
    for await (const { event_id } of sekali.tail({ url, topics: ['web.>'], after: 0 })) if (tailed.push(event_id) === 3) break
    const subscription = sekali.subscription('page', { url })
    await subscription.create({ topics: ['web.>'], start: 'earliest' })
    const handled = []
    const ended = new AbortController()
    await subscription.run(({ event_id }) => { if (handled.push(event_id) === 3) ended.abort() }, { signal: ended.signal })
    return { statuses: [first.status, again.status], tailed, handled }
  })()`)
  assert.deepEqual(seen, {
    statuses: ['stored', 'conflict'],
    tailed: ['before', 'click-1', 'click-2'],
    handled: ['before', 'click-1', 'click-2'],
  })
  const { subscriptions } = await server.getJson('/subscriptions')
  assert.deepEqual([subscriptions[0].acked, subscriptions[0].lag], [3, 0])
})
