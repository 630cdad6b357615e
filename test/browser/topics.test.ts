/** The list of topics in a real browser: every one of them is found, in the order that the reader chose. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { openPage } from '../support/browser.ts'
import { wireEvent } from '../support/events.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

const rows = (page: Page) => page.getByRole('region', { name: 'Topics' }).getByRole('row')
const firstRow = (page: Page, name: string | RegExp) => rows(page).nth(1).and(page.getByRole('row', { name })).waitFor()

/** `t.000` has one event, `t.001` two, …; every tenth topic sends its events again. */
async function publishTopics(server: TestServer, topics: number): Promise<void> {
  for (let index = 0; index < topics; index++) {
    const topic = `t.${String(index).padStart(3, '0')}`
    const events = Array.from({ length: index + 1 }, () => wireEvent({ topic }))
    await server.publish(...events)
    if (index % 10 === 0) await server.publish(...events)
  }
}

test('every topic is on one of the pages, and the address says which', async (t) => {
  const server = await startTestServer(t)
  await publishTopics(server, 120)
  const page = await openPage(t, `${server.url}/topics?sort=topic`)
  await page.getByRole('heading', { name: '120 topics' }).waitFor()
  await firstRow(page, /^t\.000 /)
  assert.equal(await rows(page).count(), 51)
  await page.getByRole('link', { name: 'Next' }).click()
  await firstRow(page, /^t\.050 /)
  await page.getByRole('link', { name: 'Next' }).click()
  await firstRow(page, /^t\.100 /)
  assert.equal(await rows(page).count(), 21)
  assert.equal(new URL(page.url()).search, '?sort=topic&page=3')
  await page.goBack()
  await firstRow(page, /^t\.050 /)
})

test('the heading of a column sorts all topics by it, and Back undoes', async (t) => {
  const server = await startTestServer(t)
  await publishTopics(server, 60)
  const page = await openPage(t, `${server.url}/topics`)
  // Last seen first; the last few may have been published within one millisecond.
  await firstRow(page, /^t\.05\d /)
  await page.getByRole('button', { name: 'Duplicates' }).click()
  await firstRow(page, /^t\.050 .* 51 51 50\.0 % 0 /)
  assert.equal(await page.getByRole('columnheader', { name: 'Duplicates' }).getAttribute('aria-sort'), 'descending')
  await page.getByRole('button', { name: 'Topic' }).click()
  await firstRow(page, /^t\.000 /)
  await page.getByRole('button', { name: 'Topic' }).click()
  await firstRow(page, /^t\.059 /)
  assert.equal(new URL(page.url()).search, '?sort=-topic')
  await page.goBack()
  await page.goBack()
  await firstRow(page, /^t\.050 /)
})

test('a topic is found by a part of its name, and leads to its events, its duplicates and its tail', async (t) => {
  const server = await startTestServer(t)
  const conflicting = wireEvent({ topic: 'Orders & more' })
  await server.publish(conflicting, { ...conflicting, payload: { other: 1 } })
  await publishTopics(server, 3)
  const page = await openPage(t, `${server.url}/topics`)
  await page.getByRole('heading', { name: '4 topics' }).waitFor()
  await page.keyboard.press('/')
  await page.keyboard.type('orders')
  await page.getByRole('heading', { name: '1 of 4 topics' }).waitFor()
  assert.equal(new URL(page.url()).search, '?q=orders')
  const row = page.getByRole('row', { name: 'Orders & more' })
  const addresses = await row.getByRole('link').evaluateAll((links) => links.map((link) => String(link)))
  const query = 'topic=Orders+%26+more'
  assert.deepEqual(
    addresses,
    [`events?${query}`, `duplicates?${query}`, `duplicates?${query}&conflict=true`, `events?${query}&live=true`].map(
      (path) => `${server.url}/${path}`,
    ),
  )
  await page.keyboard.type('zzz')
  await page.getByText('No topic has “orderszzz” in its name.').waitFor()
})

test('the last hour of a topic is drawn beside it', async (t) => {
  const server = await startTestServer(t)
  await publishTopics(server, 1)
  const page = await openPage(t, `${server.url}/topics`)
  // One bar of each kind.
  await page.locator('.sparkline path[fill="var(--accent)"][d^="M"]').waitFor({ state: 'attached' })
  await page.locator('.sparkline path[fill="var(--repeat)"][d^="M"]').waitFor({ state: 'attached' })
})

test('without any topic the way to the first one is shown', async (t) => {
  const server = await startTestServer(t)
  const page = await openPage(t, `${server.url}/topics`)
  await page.getByRole('link', { name: 'Publish one' }).click()
  await page.getByRole('button', { name: 'Send a test event' }).waitFor()
})
