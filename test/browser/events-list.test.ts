/** The list of events in a real browser: everything is reached, nothing moves, and what is shown is what was sent. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { openPage } from '../support/browser.ts'
import { wireEvent } from '../support/events.ts'
import { grid, rowOf, scrollTo, shownIds } from '../support/events-page.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

const rowHeightPx = 28
const startMs = Date.parse('2026-01-31T00:00:00Z')

/** `e0` is the oldest; one a second. */
async function publishMany(server: TestServer, count: number): Promise<void> {
  for (let at = 0; at < count; at += 5000) {
    const lines = Array.from({ length: Math.min(5000, count - at) }, (_, index) =>
      JSON.stringify(
        wireEvent({ event_id: `e${at + index}`, timestamp: new Date(startMs + (at + index) * 1000).toISOString() }),
      ),
    )
    const { status } = await server.post('/publish', lines.join('\n'), { 'content-type': 'application/x-ndjson' })
    assert.equal(status, 202)
  }
}

async function waitForRow(page: Page, id: string): Promise<void> {
  await grid(page).locator(`td.cell-id[title="${id}"]`).waitFor()
}

test('a hundred thousand events are listed and scrolled: every row has its place, few are in the document', async (t) => {
  const count = 100_000
  const server = await startTestServer(t)
  await publishMany(server, count)
  const page = await openPage(t, `${server.url}/events`)
  await waitForRow(page, `e${count - 1}`)
  const bar = page.locator('.list-bar')
  for (let words = ''; !words.includes('that is all'); words = await bar.innerText()) {
    // To the end of what is known, again and again: the next page comes.
    await scrollTo(page, count * rowHeightPx)
    await bar.filter({ hasNotText: new RegExp(`^${words}$`) }).waitFor()
  }
  await page.getByText('100,000 events, that is all').waitFor()
  await scrollTo(page, count * rowHeightPx)
  await waitForRow(page, 'e0')
  assert.equal(await grid(page).getAttribute('aria-rowcount'), String(count + 1))
  assert.equal(await rowOf(page, 'e0').last().getAttribute('aria-rowindex'), String(count + 1))
  assert((await grid(page).getByRole('row').count()) < 100)
  // Its page was forgotten meanwhile.
  await scrollTo(page, 50_000 * rowHeightPx)
  await waitForRow(page, 'e49999')
  assert.equal(
    await grid(page)
      .locator('tr', { has: page.locator('td[title="e49999"]') })
      .getAttribute('aria-rowindex'),
    '50002',
  )
  await scrollTo(page, 0)
  await waitForRow(page, `e${count - 1}`)
})

test('rows are 28 px high, whatever is in them', async (t) => {
  const server = await startTestServer(t)
  await server.publish(
    wireEvent({
      topic: 'x'.repeat(200),
      event_id: 'y'.repeat(120),
      payload: { text: 'z\n'.repeat(500), 字: '👩‍👩‍👧'.repeat(50) },
    }),
    wireEvent({ source: 'ﷺ'.repeat(100) }),
  )
  const page = await openPage(t, `${server.url}/events`)
  await grid(page).waitFor()
  const heights = await grid(page)
    .locator('tbody tr')
    .evaluateAll((rows) => rows.map((row) => row.getBoundingClientRect().height))
  assert.deepEqual(heights, [rowHeightPx, rowHeightPx])
})

test('a 64-bit id is exact in the row, in the tree, in the raw text and in the command', async (t) => {
  const server = await startTestServer(t)
  const payload = '{"id":9007199254740993,"big":1e400,"minus":-0,"twice":1,"twice":2}'
  const event = `{"topic":"t","event_id":"exact","timestamp":"2026-01-31T09:30:00Z","source":"s","payload":${payload}}`
  assert.equal((await server.post('/publish', event)).status, 202)
  const page = await openPage(t, `${server.url}/events`)
  await rowOf(page, payload).click()
  const drawer = page.getByRole('complementary', { name: 'Event' })
  await drawer.getByText('9007199254740993').waitFor()
  await drawer.getByText('1e400').waitFor()
  await drawer.getByRole('tab', { name: 'Raw' }).click()
  assert.equal(await drawer.locator('pre').innerText(), payload)
  await drawer.getByRole('tab', { name: 'cURL' }).click()
  assert((await drawer.locator('pre').innerText()).includes(payload))
  await page.getByRole('button', { name: 'Close' }).click()
  await page.getByRole('button', { name: 'Raw NDJSON' }).click()
  assert.equal(await page.getByRole('region', { name: 'Events as NDJSON' }).locator('pre').innerText(), `${event}\n`)
})

test('keys go from event to event: the open one is in the address, Back and Esc close it', async (t) => {
  const server = await startTestServer(t)
  await publishMany(server, 30)
  const page = await openPage(t, `${server.url}/events`)
  await waitForRow(page, 'e29')
  await page.keyboard.press('j')
  await page.keyboard.press('j')
  await page.keyboard.press('Enter')
  const drawer = page.getByRole('complementary', { name: 'Event' })
  await drawer.getByText('e28', { exact: true }).waitFor()
  assert.equal(new URL(page.url()).searchParams.get('open'), 'logs.test/e28')
  await page.keyboard.press('j')
  await drawer.getByText('e27', { exact: true }).waitFor()
  await page.keyboard.press('k')
  await page.keyboard.press('k')
  await drawer.getByText('e29', { exact: true }).waitFor()
  await page.reload()
  await drawer.getByText('e29', { exact: true }).waitFor()
  await page.keyboard.press('Escape')
  await drawer.waitFor({ state: 'detached' })
  await page.goBack()
  await drawer.getByText('e29', { exact: true }).waitFor()
})

test('filters are in the address, and nothing found says so', async (t) => {
  const server = await startTestServer(t)
  await server.publish(
    wireEvent({ topic: 'orders', event_id: 'one', source: 'shop', payload: { msg: 'paid in cash' } }),
    wireEvent({ topic: 'orders', event_id: 'two', source: 'till', payload: { msg: 'paid by card' } }),
    wireEvent({ topic: 'logs', event_id: 'three' }),
  )
  const page = await openPage(t, `${server.url}/events`)
  await waitForRow(page, 'three')
  await page.getByLabel('Topic', { exact: true }).fill('orders')
  await page.keyboard.press('Enter')
  await rowOf(page, 'three').waitFor({ state: 'detached' })
  await page.keyboard.press('Tab')
  await page.keyboard.press('Escape')
  await page.getByLabel('Search in payloads').fill('CARD')
  await rowOf(page, 'one').waitFor({ state: 'detached' })
  await waitForRow(page, 'two')
  assert.deepEqual(await shownIds(page), ['two'])
  assert.equal(new URL(page.url()).search, '?topic=orders&q=CARD')
  await page.getByLabel('Source', { exact: true }).fill('nobody')
  await page.keyboard.press('Enter')
  await page.getByText('No event matches.').waitFor()
  await page.goBack()
  await waitForRow(page, 'two')
  await page.goto(`${server.url}/events?from=2026-02-01`)
  await page.getByText('No event matches.').waitFor()
})

test('dragging over the chart narrows the list, a double click brings the range back; a chart that fails leaves the rows', async (t) => {
  const server = await startTestServer(t)
  await publishMany(server, 600)
  const page = await openPage(t, `${server.url}/events`, { expectedComplaints: [/500/] })
  await waitForRow(page, 'e599')
  const chart = page.getByRole('region', { name: 'Events over time' })
  await chart.getByText('600 events').waitFor()
  const box = await chart.locator('.u-over').boundingBox()
  assert(box !== null)
  await page.mouse.move(box.x + 5, box.y + 20)
  await page.mouse.down()
  await page.mouse.move(box.x + box.width / 4, box.y + 30, { steps: 5 })
  await page.mouse.up()
  await rowOf(page, 'e599').waitFor({ state: 'detached' })
  await grid(page).waitFor()
  const { searchParams } = new URL(page.url())
  assert(Date.parse(searchParams.get('to') ?? '') < startMs + 300_000)
  await chart.locator('.u-over').dblclick()
  await waitForRow(page, 'e599')
  await page.route('**/events/histogram*', (route) =>
    route.fulfill({ status: 500, contentType: 'application/problem+json', body: '{"detail":"planted"}' }),
  )
  await page.reload()
  await chart.getByText('planted').waitFor()
  await waitForRow(page, 'e599')
})

test('find goes through the loaded rows, not only those in view; pressed again it is the browser’s', async (t) => {
  const server = await startTestServer(t)
  await publishMany(server, 450)
  await server.publish(wireEvent({ event_id: 'needle-1', timestamp: new Date(startMs).toISOString() }))
  const page = await openPage(t, `${server.url}/events`)
  await waitForRow(page, 'e449')
  await page.keyboard.press('Control+f')
  const field = page.getByRole('textbox', { name: 'Find in the loaded rows' })
  await field.fill('NEEDLE')
  await page.getByText('1 of 1').waitFor()
  await waitForRow(page, 'needle-1')
  await field.fill('e44')
  await page.getByText('1 of 11').waitFor()
  await page.keyboard.press('Enter')
  await page.getByText('2 of 11').waitFor()
  await page.keyboard.press('Shift+Enter')
  await page.keyboard.press('Shift+Enter')
  await page.getByText('11 of 11').waitFor()
  await page.evaluate("addEventListener('keydown', (event) => { window.isTaken = event.defaultPrevented })")
  await page.keyboard.press('Control+f')
  assert.equal(await page.evaluate('window.isTaken'), false)
  await page.keyboard.press('Escape')
  await field.waitFor({ state: 'detached' })
})
