/** The duplicates explorer: from the overview to the publisher, its events, their copies and what had changed. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Page } from 'playwright-core'
import { openPage } from '../support/browser.ts'
import { wireEvent } from '../support/events.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

/** `good` retries once; `bad` sends its two events again and again, and changes one of them. */
async function publishDuplicates(server: TestServer): Promise<void> {
  const good = wireEvent({ topic: 'orders', event_id: 'order-1', source: 'good' })
  const bad = wireEvent({ topic: 'invoices', event_id: 'invoice-1', source: 'bad', payload: { total: 10, id: 1 } })
  const worse = wireEvent({ topic: 'invoices', event_id: 'invoice-2', source: 'bad' })
  await server.publish(good, bad, worse)
  await server.publish(good, worse)
  await server.publish(worse, { ...bad, payload: { total: 12, id: 1 } })
  await server.publish(worse, bad)
}

async function openDuplicates(t: TestContext, path = 'duplicates'): Promise<{ server: TestServer; page: Page }> {
  const server = await startTestServer(t)
  await publishDuplicates(server)
  return { server, page: await openPage(t, `${server.url}/${path}`) }
}

/** The texts of a column of the list, without the copies of an open row. */
function column(page: Page, number: number) {
  return page
    .locator(`.card > div > .table-scroll > .table > tbody > tr:not(.opened) > td:nth-child(${number})`)
    .allInnerTexts()
}

test('one click on the overview leads to what a publisher sends again', async (t) => {
  const { page } = await openDuplicates(t, '')
  await page.getByRole('link', { name: 'bad', exact: true }).first().click()
  await page.waitForURL(/duplicates\?source=bad$/)
  await page.getByText('sent 2 events again, 5 times in all').waitFor()
  await page.getByText('The content had changed once.').waitFor()
  assert.deepEqual(await column(page, 1), ['invoice-1', 'invoice-2'])
})

test('events are listed with conflicts first, and sorted by the server as the address says', async (t) => {
  const { page } = await openDuplicates(t)
  await page.getByRole('heading', { name: 'Events (3)' }).waitFor()
  assert.deepEqual(await column(page, 1), ['invoice-1', 'invoice-2', 'order-1'])
  assert.deepEqual(await column(page, 4), ['3', '4', '2'])
  await page.getByRole('link', { name: 'Copies' }).click()
  await page.locator('th[aria-sort="descending"]', { hasText: 'Copies' }).waitFor()
  await page.locator('tbody').first().getByText('invoice-2').waitFor()
  assert.equal(new URL(page.url()).search, '?sort=duplicates')
  await page.goBack()
  await page.locator('tbody').first().getByText('invoice-1').waitFor()
})

test('an event opens to its copies, and a conflict to both contents side by side', async (t) => {
  const { page } = await openDuplicates(t)
  await page.getByRole('button', { name: 'invoice-1' }).click()
  const opened = page.locator('tr.opened')
  const conflict = opened.getByRole('group').filter({ hasText: 'from bad' })
  await conflict.getByText('10').first().waitFor()
  await conflict.getByText('12').first().waitFor()
  assert.deepEqual(await opened.locator('.copy-table tbody td:last-child').allInnerTexts(), [
    'the same',
    'other content',
  ])
  assert.match(page.url(), /[?&]open=\d+/)
  await page.reload()
  await opened.getByText('This copy stays.').waitFor()
  await page.getByRole('button', { name: 'invoice-1' }).click()
  await opened.waitFor({ state: 'detached' })
})

test('an id of 64 bits in a conflict keeps its digits', async (t) => {
  const server = await startTestServer(t)
  const body = (id: string) =>
    `{"topic":"big","event_id":"big-1","timestamp":"2026-01-31T09:30:00Z","source":"test","payload":{"id":${id}}}`
  await server.post('/publish', body('9007199254740993'))
  await server.post('/publish', body('9007199254740995'))
  const page = await openPage(t, `${server.url}/duplicates`)
  await page.getByRole('button', { name: 'big-1' }).click()
  await page.getByText('9007199254740993').first().waitFor()
  await page.getByText('9007199254740995').first().waitFor()
})

test('publishers are compared by how often and how late, and each filters the events', async (t) => {
  const { page } = await openDuplicates(t)
  await page.getByText('By publisher').click()
  await page.getByRole('heading', { name: 'Publishers (2)' }).waitFor()
  assert.deepEqual(await column(page, 1), ['bad', 'good'])
  assert.deepEqual(
    [await column(page, 2), await column(page, 3), await column(page, 4)],
    [
      ['1', '0'],
      ['5', '1'],
      ['2', '1'],
    ],
  )
  await page.getByRole('link', { name: 'good' }).click()
  await page.getByRole('heading', { name: 'Events (1)' }).waitFor()
  assert.deepEqual(await column(page, 1), ['order-1'])
})

test('the filter stands in the address, and what fits nothing can be cleared', async (t) => {
  const { page } = await openDuplicates(t)
  await page.getByText('Conflicts only').click()
  await page.getByRole('heading', { name: 'Events (1)' }).waitFor()
  await page.getByRole('searchbox', { name: 'Topic' }).fill('orders')
  await page.keyboard.press('Enter')
  await page.getByText('No duplicate fits the filter.').waitFor()
  assert.equal(new URL(page.url()).search, '?conflict=true&topic=orders')
  await page.getByRole('link', { name: 'Clear it' }).click()
  await page.getByRole('heading', { name: 'Events (3)' }).waitFor()
  await page.getByText('All 6 duplicates on record, since').waitFor()
})

test('many events come page by page', async (t) => {
  const server = await startTestServer(t)
  const events = Array.from({ length: 60 }, (_, index) => wireEvent({ event_id: `evt-${index}` }))
  await server.publish(...events)
  await server.publish(...events)
  const page = await openPage(t, `${server.url}/duplicates`)
  await page.getByRole('link', { name: 'Next page' }).click()
  await page.getByText('Page 2 of 2').waitFor()
  await page.locator('tbody').nth(9).waitFor()
  assert.equal((await column(page, 1)).length, 10)
  await page.goBack()
  await page.locator('tbody').nth(49).waitFor()
})

test('without any duplicate the screen says what one is, until there is one', async (t) => {
  const server = await startTestServer(t)
  const event = wireEvent({ event_id: 'evt-1' })
  await server.publish(event)
  const page = await openPage(t, `${server.url}/duplicates`)
  await page.getByText('is an event that arrives again').waitFor()
  await server.publish(event)
  await page.getByRole('button', { name: 'evt-1' }).waitFor()
})

test('the share of duplicates is a chart with its numbers as a table', async (t) => {
  const { page } = await openDuplicates(t)
  await page
    .getByText('of what was received in the last hour had been received before: 6 duplicates, 1 conflict.')
    .waitFor()
  await page.getByRole('button', { name: 'Show as table' }).click()
  await page
    .getByRole('cell', { name: /^\d\d\.\d %$/ })
    .first()
    .waitFor()
})
