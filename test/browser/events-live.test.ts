/** The live tail in a real browser: what is published appears, what one reads stands still, and nothing is missing or twice. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { BrowserContext, Page } from 'playwright-core'
import { openContext, openPage } from '../support/browser.ts'
import { wireEvent } from '../support/events.ts'
import { grid, rowOf, scrollTo, scrollTopOf, shownIds, waitUntilLive } from '../support/events-page.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

/** `name-0`, `name-1`, …: one a request, so that their order is known. */
async function publishSome(server: TestServer, name: string, count: number): Promise<string[]> {
  const ids = Array.from({ length: count }, (_, index) => `${name}-${index}`)
  for (const event_id of ids) await server.publish(wireEvent({ event_id }))
  return ids
}

async function openLive(t: TestContext, server: TestServer, query = ''): Promise<Page> {
  const page = await openPage(t, `${server.url}/events?live=true${query}`)
  await waitUntilLive(page)
  return page
}

const waiting = (page: Page, count: string) => page.locator('.tail-state').getByText(`Paused, ${count} new`)

test('what is published appears on top, and L turns it off and on', async (t) => {
  const server = await startTestServer(t)
  const old = await publishSome(server, 'old', 3)
  const page = await openPage(t, `${server.url}/events`)
  await rowOf(page, 'old-2').waitFor()
  await page.keyboard.press('l')
  await waitUntilLive(page)
  assert.equal(new URL(page.url()).searchParams.get('live'), 'true')
  const live = await publishSome(server, 'live', 3)
  await rowOf(page, 'live-2').waitFor()
  assert.deepEqual(await shownIds(page), [...live.toReversed(), ...old.toReversed()])
  await page.keyboard.press('l')
  await page.getByText('6 events, that is all').waitFor()
  await publishSome(server, 'unseen', 1)
  await page.keyboard.press('l')
  await rowOf(page, 'unseen-0').waitFor()
})

test('an empty list fills by itself', async (t) => {
  const server = await startTestServer(t)
  const page = await openLive(t, server)
  await page.getByText('No event is stored yet.').waitFor()
  await publishSome(server, 'first', 1)
  await rowOf(page, 'first-0').waitFor()
})

test('filters hold for what comes live: topic, source, text and time', async (t) => {
  const server = await startTestServer(t)
  const page = await openLive(t, server, '&topic=a&source=s&q=YES&from=2026-01-01')
  const wanted = wireEvent({ topic: 'a', source: 's', payload: { text: 'yes' }, timestamp: '2026-01-02' })
  await server.publish(
    { ...wanted, event_id: 'other-topic', topic: 'a.b' },
    { ...wanted, event_id: 'other-source', source: 'x' },
    { ...wanted, event_id: 'other-text', payload: { text: 'no' } },
    { ...wanted, event_id: 'other-time', timestamp: '2025-12-31' },
    { ...wanted, event_id: 'wanted' },
  )
  await rowOf(page, 'wanted').waitFor()
  assert.deepEqual(await shownIds(page), ['wanted'])
})

test('scrolling away pauses at once; what comes is counted and waits, and End brings it', async (t) => {
  const server = await startTestServer(t)
  await publishSome(server, 'old', 60)
  const page = await openLive(t, server)
  await scrollTo(page, 300)
  await waiting(page, '0').waitFor()
  const before = await shownIds(page)
  await publishSome(server, 'new', 12)
  await waiting(page, '12').waitFor()
  assert.deepEqual(await shownIds(page), before)
  assert.equal(await scrollTopOf(page), 300)
  await page.keyboard.press('End')
  await rowOf(page, 'new-11').waitFor()
  assert.equal(await scrollTopOf(page), 0)
  assert.deepEqual((await shownIds(page)).slice(0, 13), [
    ...Array.from({ length: 12 }, (_, index) => `new-${11 - index}`),
    'old-59',
  ])
  await scrollTo(page, 300)
  await waiting(page, '0').waitFor()
  await scrollTo(page, 0)
  await waitUntilLive(page)
})

test('selecting text, opening a row and Space pause as well', async (t) => {
  const server = await startTestServer(t)
  await publishSome(server, 'old', 5)
  const page = await openLive(t, server)
  const resume = async (): Promise<void> => {
    await page.getByRole('button', { name: 'Resume' }).click()
    await waitUntilLive(page)
  }
  await page.evaluate("getSelection().selectAllChildren(document.querySelector('.event-row td.cell-preview'))")
  await waiting(page, '0').waitFor()
  await publishSome(server, 'selected', 1)
  await waiting(page, '1').waitFor()
  assert.equal((await shownIds(page))[0], 'old-4')
  await resume()
  await rowOf(page, 'selected-0').click()
  await waiting(page, '0').waitFor()
  await page.getByRole('complementary', { name: 'Event' }).waitFor()
  await publishSome(server, 'opened', 2)
  await waiting(page, '2').waitFor()
  assert.equal((await shownIds(page))[0], 'selected-0')
  await page.keyboard.press('Escape')
  await page.getByRole('complementary', { name: 'Event' }).waitFor({ state: 'detached' })
  await waiting(page, '2').waitFor()
  await page.keyboard.press(' ')
  await waitUntilLive(page)
  await rowOf(page, 'opened-1').waitFor()
  await page.keyboard.press(' ')
  await waiting(page, '0').waitFor()
})

test('after a restart of the server it goes on, without gap and without repeat', async (t) => {
  const folder = temporaryFolder(t)
  const store = `sqlite:${join(folder, 'x.db')}`
  const first = await startTestServer(t, { store })
  const page = await openPage(t, `${first.url}/events?live=true`, {
    expectedComplaints: [
      /ERR_CONNECTION_REFUSED/,
      /ERR_INCOMPLETE_CHUNKED_ENCODING/,
      /ERR_EMPTY_RESPONSE/,
      /ERR_CONNECTION_RESET/,
    ],
  })
  await waitUntilLive(page)
  const before = await publishSome(first, 'before', 5)
  await rowOf(page, 'before-4').waitFor()
  await first.close()
  await page
    .locator('.tail-state')
    .getByText(/econnecting in \d+ s/)
    .waitFor()
  const port = Number(new URL(first.url).port)
  const second = await startTestServer(t, { store, port })
  const after = await publishSome(second, 'after', 20)
  await rowOf(page, 'after-19').waitFor()
  await waitUntilLive(page)
  const more = await publishSome(second, 'more', 3)
  await rowOf(page, 'more-2').waitFor()
  assert.deepEqual(await shownIds(page), [...before, ...after, ...more].toReversed())
})

test('a reader that was cut off goes on where it was', async (t) => {
  const server = await startTestServer(t)
  const context = await openContext(t, { expectedComplaints: [/ERR_/] })
  const page = await context.newPage()
  let streams = 0
  await page.route('**/events/stream*', async (route) => {
    streams++
    // What a cut looks like from here: the answer ends in the middle of an event.
    if (streams > 1) return route.continue()
    await publishSome(server, 'early', 2)
    return route.fulfill({
      status: 200,
      contentType: 'text/event-stream',
      body: `id: 1\nevent: event\ndata: ${await eventLine(server, 'early-0')}\n\nid: 2\nevent: event\ndata: {"topic"`,
    })
  })
  await page.goto(`${server.url}/events?live=true`)
  await rowOf(page, 'early-0').waitFor()
  await rowOf(page, 'early-1').waitFor()
  await waitUntilLive(page)
  assert.deepEqual(await shownIds(page), ['early-1', 'early-0'])
  assert.equal(streams, 2)
})

async function eventLine(server: TestServer, eventId: string): Promise<string> {
  return (await server.get(`/events/logs.test/${eventId}`)).text()
}

test('what was committed between the list and the stream is there once', async (t) => {
  const server = await startTestServer(t)
  await publishSome(server, 'old', 2)
  const context = await openContext(t)
  const page = await context.newPage()
  await page.route(/\/events\?/, async (route) => {
    if (route.request().resourceType() === 'document') return route.continue()
    // In the list's answer, and after the seq that the stream begins at.
    await publishSome(server, 'between', 2)
    const response = await route.fetch()
    await publishSome(server, 'behind', 2)
    return route.fulfill({ response })
  })
  await page.goto(`${server.url}/events?live=true`)
  await rowOf(page, 'behind-1').waitFor()
  await publishSome(server, 'last', 1)
  await rowOf(page, 'last-0').waitFor()
  assert.deepEqual(await shownIds(page), ['last-0', 'behind-1', 'behind-0', 'between-1', 'between-0', 'old-1', 'old-0'])
})

/** As many as the filter of each tab lets through. */
async function openTabs(context: BrowserContext, server: TestServer, count: number): Promise<Page[]> {
  const tabs: Page[] = []
  for (let index = 0; index < count; index++) {
    const page = await context.newPage()
    const topic = index % 2 === 0 ? '' : '&topic=odd'
    await page.goto(`${server.url}/events?live=true${topic}`)
    await waitUntilLive(page)
    tabs.push(page)
  }
  return tabs
}

test('seven tabs share one stream, each with its own filter; when the one that reads closes, another goes on', async (t) => {
  const server = await startTestServer(t)
  const context = await openContext(t)
  const tabs = await openTabs(context, server, 7)
  const streams = async () => (await server.getJson('/stats')).tails as number
  assert.equal(await streams(), 1)
  await server.publish(wireEvent({ topic: 'odd', event_id: 'o1' }), wireEvent({ topic: 'even', event_id: 'e1' }))
  for (const [index, page] of tabs.entries()) {
    await rowOf(page, 'o1').waitFor()
    if (index % 2 === 0) await rowOf(page, 'e1').waitFor()
    else assert.deepEqual(await shownIds(page), ['o1'])
  }
  const [leader, ...others] = tabs
  await leader?.close()
  await server.publish(wireEvent({ topic: 'odd', event_id: 'o2' }))
  for (const page of others) await rowOf(page, 'o2').waitFor()
  await server.publish(wireEvent({ topic: 'odd', event_id: 'o3' }), wireEvent({ topic: 'even', event_id: 'e3' }))
  for (const [index, page] of others.entries()) {
    await rowOf(page, 'o3').waitFor()
    const expected = index % 2 === 0 ? ['o3', 'o2', 'o1'] : ['e3', 'o3', 'o2', 'e1', 'o1']
    assert.deepEqual((await shownIds(page)).toSorted(), expected.toSorted())
  }
  assert.equal(await streams(), 1)
})

test('a hidden tab paints nothing and has everything when it is looked at again', async (t) => {
  const server = await startTestServer(t)
  const page = await openLive(t, server)
  await page.evaluate(
    "Object.defineProperty(document, 'hidden', { configurable: true, get: () => window.isHidden === true }); window.isHidden = true",
  )
  await publishSome(server, 'unseen', 3)
  const other = await page.context().newPage()
  await other.goto(`${server.url}/events?live=true`)
  await rowOf(other, 'unseen-2').waitFor()
  await publishSome(server, 'more', 1)
  await rowOf(other, 'more-0').waitFor()
  assert.equal(await grid(page).locator('td.cell-id').count(), 0)
  await page.evaluate("window.isHidden = false; document.dispatchEvent(new Event('visibilitychange'))")
  await rowOf(page, 'more-0').waitFor()
  assert.deepEqual(await shownIds(page), ['more-0', 'unseen-2', 'unseen-1', 'unseen-0'])
})
