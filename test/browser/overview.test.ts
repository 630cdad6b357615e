/** The overview in a real browser: the first minute, numbers that add up, and a server that goes away and comes back. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { openContext, openPage } from '../support/browser.ts'
import { wireEvent } from '../support/events.ts'
import { startTestServer } from '../support/server.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const sum = (page: Page) => page.getByRole('region', { name: 'Received = stored + duplicates' })
/** Waits until the three large numbers are these. */
const waitForSum = (page: Page, received: string, stored: string, duplicates: string) =>
  sum(page)
    .filter({
      hasText: new RegExp(`^Received${received}=Stored, each once${stored}\\+Duplicates, dropped${duplicates}(?!\\d)`),
    })
    .waitFor()
/** Strings need `eval` when the page is to wait for them, which its policy forbids; asked as a whole they do not. */
const waitUntil = (page: Page, expression: string) =>
  page.evaluate(`new Promise((resolve) => {
    const look = () => (${expression}) ? resolve() : requestAnimationFrame(look)
    look()
  })`)
const waitForText = (page: Page, text: string | RegExp) => page.getByText(text).first().waitFor()

test('an event that is published while the page waits for the first one appears by itself', async (t) => {
  const server = await startTestServer(t)
  const page = await openPage(t, server.url)
  await waitForText(page, 'Waiting for the first event…')
  const event = wireEvent({ topic: 'orders.created', event_id: 'o/1' })
  await server.publish(event)
  await waitForText(page, /^Received 1 = stored 1 \+ duplicates 0$/)
  await waitForSum(page, '1', '1', '0')
  await server.publish(event)
  await waitForText(page, /^Received 2 = stored 1 \+ duplicates 1$/)
  await page.getByRole('link', { name: 'orders.created / o/1' }).click()
  await page.waitForURL(`${server.url}/events/orders.created/o%2F1`)
})

test('the test event, its retry and a changed retry are explained as they happen', async (t) => {
  const server = await startTestServer(t)
  const page = await openPage(t, server.url)
  await page.getByRole('button', { name: 'Send a test event' }).click()
  await waitForText(page, 'It is on disk.')
  await page.getByRole('button', { name: 'Send it again' }).click()
  await waitForText(page, 'Stored once.')
  await waitForText(page, 'The retry was recognised and dropped.')
  await waitForText(page, /^Received 2 = stored 1 \+ duplicates 1$/)
  await waitForSum(page, '2', '1', '1')
  await page.getByRole('button', { name: 'Send it changed' }).click()
  await waitForText(page, 'a conflict was set aside')
  await waitForText(page, /^Received 3 = stored 1 \+ duplicates 2$/)
  const { received, unique_processed, duplicate_dropped, conflicts } = await server.getJson('/stats')
  assert.deepEqual([received, unique_processed, duplicate_dropped, conflicts], [3, 1, 2, 1])
})

test('the commands that are shown publish one and the same event', async (t) => {
  const server = await startTestServer(t)
  const page = await openPage(t, server.url)
  const command = page.getByRole('region', { name: 'Publish with' })
  const body = /-d '([^']*)'/.exec(await command.innerText())?.[1]
  assert(body !== undefined)
  assert.match(await command.innerText(), new RegExp(`^curl ${server.url}/publish `))
  assert.equal((await server.post('/publish', body)).status, 202)
  await waitForText(page, /^Received 1 = stored 1 \+ duplicates 0$/)

  await page.getByText('CLI', { exact: true }).click()
  const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
  const line = (await command.innerText()).replace('npx sekali', `'${process.execPath}' '${main}'`)
  const child = spawn('sh', ['-c', line], { stdio: ['ignore', 'ignore', 'inherit'] })
  assert.equal(await new Promise((resolve) => child.once('close', resolve)), 0)
  await waitForText(page, /^Received 2 = stored 1 \+ duplicates 1$/)

  await page.getByText('TypeScript', { exact: true }).click()
  const script = await command.innerText()
  const answer = await page.evaluate(`(async () => {${script.replace(/console\.log\((.*)\)$/, 'return $1')}})()`)
  assert.equal((answer as { duplicates: number }).duplicates, 1)
})

test('the numbers add up while publishers send again, and the chart says the same', async (t) => {
  const server = await startTestServer(t)
  await server.publish(wireEvent())
  const page = await openPage(t, server.url)
  await waitForSum(page, '1', '1', '0')
  const events = Array.from({ length: 700 }, (_, index) => wireEvent({ topic: `t.${index % 12}` }))
  await server.publish(...events)
  await server.publish(...events.slice(0, 299))
  await waitForSum(page, '1,000', '701', '299')
  await page.getByRole('button', { name: 'Show as table' }).click()
  await page.getByRole('region', { name: 'as a table' }).waitFor()
  // The chart counts by when it was received, and follows within a poll.
  await waitUntil(
    page,
    `[...document.querySelectorAll('.chart-table tbody tr')]
      .reduce((total, row) => total + Number(row.cells[3].textContent.replaceAll(',', '')), 0) === 1000`,
  )
  // Ten of thirteen topics, with what each received.
  assert.equal(await page.getByRole('region', { name: 'Topics' }).getByRole('row').count(), 11)
  await page.getByRole('link', { name: 'All 13' }).waitFor()
})

test('one click leads to the publisher that sends again', async (t) => {
  const server = await startTestServer(t)
  const event = wireEvent({ source: 'billing-7' })
  await server.publish(event, event, { ...event, payload: { other: true } })
  const page = await openPage(t, server.url)
  const publishers = page.getByRole('region', { name: 'Publishers that send again' })
  await publishers.getByRole('row', { name: 'billing-7 2 1' }).waitFor()
  await publishers.getByRole('link', { name: 'billing-7' }).click()
  await page.waitForURL(`${server.url}/duplicates?source=billing-7`)
})

test('a server that stops is said in words; what was shown stays, and goes on when it is back', async (t) => {
  const store = `sqlite:${join(temporaryFolder(t), 'events.db')}`
  const server = await startTestServer(t, { store })
  const event = wireEvent()
  await server.publish(event)
  const page = await openPage(t, server.url, {
    expectedComplaints: [/ERR_CONNECTION_REFUSED|ERR_EMPTY_RESPONSE|ERR_CONNECTION_RESET/],
  })
  await waitForSum(page, '1', '1', '0')
  await page.getByText('Live', { exact: true }).waitFor()
  await server.close()
  await waitForText(page, 'The server cannot be reached.')
  await waitForSum(page, '1', '1', '0')
  const again = await startTestServer(t, { store, port: Number(new URL(server.url).port) })
  await again.publish(event)
  await waitForSum(page, '2', '1', '1')
  await page.getByText('Live', { exact: true }).waitFor()
})

test('the test event stays within reach when there are events, and Back puts it away', async (t) => {
  const server = await startTestServer(t)
  await server.publish(wireEvent())
  const page = await openPage(t, server.url)
  await page.getByRole('link', { name: 'Send a test event' }).click()
  await page.getByRole('button', { name: 'Send a test event' }).click()
  await waitForText(page, /^Received 1 = stored 1 \+ duplicates 0$/)
  await page.goBack()
  await page.getByRole('heading', { name: 'Try it: publish an event, twice' }).waitFor({ state: 'detached' })
  assert.equal(new URL(page.url()).search, '')
})

test('the range of the chart is in the address', async (t) => {
  const server = await startTestServer(t)
  await server.publish(wireEvent())
  const page = await openPage(t, `${server.url}/?range=7d`)
  await page.getByRole('columnheader', { name: 'Received, last 7 days' }).waitFor()
  await page.getByText('15 min', { exact: true }).click()
  await page.getByRole('columnheader', { name: 'Received, last 15 minutes' }).waitFor()
  assert.equal(new URL(page.url()).search, '?range=15m')
  await page.goBack()
  await page.getByRole('columnheader', { name: 'Received, last 7 days' }).waitFor()
})

test('the chart is painted again in the colours of the theme', async (t) => {
  const server = await startTestServer(t)
  await server.publish(wireEvent())
  const page = await openPage(t, server.url, { colorScheme: 'light' })
  const waitForColour = (red: number, green: number, blue: number) =>
    waitUntil(
      page,
      `(() => {
        const canvas = document.querySelector('canvas')
        const pixels = canvas?.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data ?? []
        for (let at = 0; at < pixels.length; at += 4)
          if (pixels[at] === ${red} && pixels[at + 1] === ${green} && pixels[at + 2] === ${blue}) return true
        return false
      })()`,
    )
  await waitForColour(0x0f, 0x76, 0x6e)
  await page.getByText('Dark', { exact: true }).click()
  await waitForColour(0x4f, 0xc3, 0xb5)
  await page.getByText('Auto', { exact: true }).click()
  await waitForColour(0x0f, 0x76, 0x6e)
  await page.emulateMedia({ colorScheme: 'dark' })
  await waitForColour(0x4f, 0xc3, 0xb5)
})

test('a chart that cannot be drawn takes nothing else away', async (t) => {
  const server = await startTestServer(t)
  await server.publish(wireEvent())
  const context = await openContext(t)
  await context.addInitScript("HTMLCanvasElement.prototype.getContext = () => { throw new Error('planted') }")
  const page = await context.newPage()
  await page.goto(server.url)
  await waitForText(page, 'The chart could not be drawn.')
  await page.getByRole('region', { name: 'Topics' }).getByRole('link', { name: 'logs.test' }).waitFor()
  await page.getByRole('button', { name: 'Show as table' }).click()
  await page.getByRole('region', { name: 'as a table' }).waitFor()
})

test('a narrow screen shows everything without scrolling sideways', async (t) => {
  const server = await startTestServer(t)
  await server.publish(wireEvent({ topic: 'a.long.name.of.a.topic.that.has.no.room.at.all.on.a.phone' }))
  const page = await openPage(t, `${server.url}/?try=1`, { viewport: { width: 390, height: 844 } })
  await page.getByRole('region', { name: 'Topics' }).getByRole('row').nth(1).waitFor()
  assert.equal(
    await page.evaluate('document.documentElement.scrollWidth <= document.documentElement.clientWidth'),
    true,
  )
})
