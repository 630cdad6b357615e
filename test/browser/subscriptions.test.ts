/** The subscriptions screen: what each one has done, and what can be done to it. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { openPage } from '../support/browser.ts'
import { wireEvent } from '../support/events.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { startReceiver } from '../support/webhook-receiver.ts'

async function create(server: TestServer, name: string, settings: object = {}): Promise<void> {
  const answer = await fetch(`${server.url}/subscriptions/${name}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ topics: ['>'], start: 'earliest', ...settings }),
  })
  assert.equal(answer.status, 201, await answer.text())
}

async function lease(server: TestServer, name: string, max: number): Promise<string[]> {
  const answer = await server.post(`/subscriptions/${name}/pull`, JSON.stringify({ max }))
  const { deliveries } = (await answer.json()) as { deliveries: { lease: string }[] }
  return deliveries.map(({ lease }) => lease)
}

async function giveUp(server: TestServer, name: string, reason: string): Promise<void> {
  const leases = await lease(server, name, 1)
  await server.post(`/subscriptions/${name}/nack`, JSON.stringify({ leases, reason }))
}

/** Four events: one acked, one in flight, two waiting. */
async function startWithBilling(t: TestContext, settings: object = {}): Promise<TestServer> {
  const server = await startTestServer(t)
  await create(server, 'billing', settings)
  for (const number of [1, 2, 3, 4]) await server.publish(wireEvent({ event_id: `evt-${number}` }))
  return server
}

test('the list shows position, lag, and what is in flight; looking moves nothing', async (t) => {
  const server = await startWithBilling(t)
  await create(server, 'asleep')
  const [first = ''] = await lease(server, 'billing', 2)
  await server.post('/subscriptions/billing/ack', JSON.stringify({ leases: [first] }))
  const before = await server.getJson('/subscriptions/billing')
  const page = await openPage(t, `${server.url}/subscriptions`)
  const texts = async (name: string) => {
    const row = page.getByRole('row').filter({ has: page.getByRole('link', { name, exact: true }) })
    await row.waitFor()
    const cells = await row.getByRole('cell').allInnerTexts()
    return [cells[2], cells[3], cells[5], cells[6], cells[7], cells[8]]
  }
  assert.deepEqual(await texts('billing'), ['1', '3', '1', '0', '0', 'pulled'])
  assert.deepEqual(await texts('asleep'), ['no position yet', '4', '0', '0', '0', 'pulled'])
  await page.getByRole('link', { name: 'billing' }).click()
  await page.getByText('settled up to this seq').waitFor()
  const after = await server.getJson('/subscriptions/billing')
  assert.deepEqual([after.position, after.in_flight, after.acked], [before.position, before.in_flight, before.acked])
})

test('dead letters are shown with their reasons, and redriven one or all', async (t) => {
  const server = await startWithBilling(t, { max_attempts: 1 })
  for (const reason of ['no account', 'closed', 'gone']) await giveUp(server, 'billing', reason)
  const page = await openPage(t, `${server.url}/subscriptions/billing`)
  await page.getByRole('heading', { name: 'Dead letters (3)' }).waitFor()
  await page.getByRole('row').filter({ hasText: 'closed' }).getByRole('checkbox').check()
  await page.getByRole('button', { name: 'Redrive chosen (1)' }).click()
  await page.getByRole('heading', { name: 'Dead letters (2)' }).waitFor()
  assert.equal(await page.getByText('closed').count(), 0)
  await page.getByRole('button', { name: 'Redrive all' }).click()
  await page.getByText('None. An event whose attempts').waitFor()
  assert.equal((await server.getJson('/subscriptions/billing')).dead_letters, 0)
})

test('many dead letters come page by page', async (t) => {
  const server = await startTestServer(t)
  await create(server, 'billing', { max_attempts: 1 })
  await server.publish(...Array.from({ length: 60 }, () => wireEvent()))
  const leases = await lease(server, 'billing', 60)
  await server.post('/subscriptions/billing/nack', JSON.stringify({ leases, reason: 'no' }))
  const page = await openPage(t, `${server.url}/subscriptions/billing`)
  await page.getByRole('link', { name: 'Next page' }).click()
  await page.getByText('Page 2 of 2').waitFor()
  await page.locator('tbody tr').nth(9).waitFor()
  assert.equal(await page.locator('tbody tr').count(), 10)
})

test('a seek asks for the name, and then moves the position', async (t) => {
  const server = await startWithBilling(t)
  const page = await openPage(t, `${server.url}/subscriptions/billing`)
  await page.getByRole('button', { name: 'Seek…' }).click()
  const dialog = page.getByRole('dialog', { name: 'Seek' })
  await dialog.getByText('After a seq').click()
  await dialog.getByLabel('Seq', { exact: true }).fill('3')
  assert.equal(await dialog.getByRole('button', { name: 'Move the position' }).isDisabled(), true)
  await dialog.getByLabel('Type “billing” to confirm').fill('billing')
  await dialog.getByRole('button', { name: 'Move the position' }).click()
  await dialog.waitFor({ state: 'detached' })
  await page.locator('.figure').filter({ hasText: 'Position' }).getByText('3', { exact: true }).waitFor()
  assert.equal((await server.getJson('/subscriptions/billing')).position, 3)
})

test('a seek to something that is no time is refused at its field', async (t) => {
  const server = await startWithBilling(t)
  const page = await openPage(t, `${server.url}/subscriptions/billing?do=seek`, {
    expectedComplaints: [/status of 422/],
  })
  const dialog = page.getByRole('dialog', { name: 'Seek' })
  await dialog.getByText('From a time').click()
  await dialog.getByLabel('Time', { exact: true }).fill('yesterday')
  await dialog.getByLabel('Type “billing” to confirm').fill('billing')
  await page.keyboard.press('Enter')
  await dialog.getByText('must be an ISO 8601 date or date and time').waitFor()
})

test('deleting asks for the name, and leads back to the list', async (t) => {
  const server = await startWithBilling(t)
  // The screen may look once more at what was just deleted.
  const page = await openPage(t, `${server.url}/subscriptions/billing`, { expectedComplaints: [/status of 404/] })
  await page.getByRole('button', { name: 'Delete…' }).click()
  await page.getByLabel('Type “billing” to confirm').fill('billing')
  await page.getByRole('button', { name: 'Delete', exact: true }).click()
  await page.getByRole('heading', { name: 'No subscriptions yet' }).waitFor()
  assert.equal((await server.get('/subscriptions/billing')).status, 404)
})

test('a new subscription is made from a form that says what the server refuses, at the field', async (t) => {
  const server = await startTestServer(t)
  const page = await openPage(t, `${server.url}/subscriptions`, { expectedComplaints: [/status of (422|409)/] })
  await page.getByRole('button', { name: 'New subscription' }).click()
  const dialog = page.getByRole('dialog', { name: 'New subscription' })
  await dialog.getByLabel('Name').fill('not a name')
  await dialog.getByLabel('Topics').fill('orders.>\nbad.>.pattern')
  await dialog.getByLabel('Push to').fill('ftp://example.com')
  await dialog.getByRole('button', { name: 'Generate' }).click()
  await dialog.getByRole('button', { name: 'Create' }).click()
  for (const label of ['Name', 'Topics', 'Push to']) {
    await dialog.locator('[aria-invalid="true"]').and(dialog.getByLabel(label)).waitFor()
  }
  await dialog.getByText(/topic 2/).waitFor()
  await dialog.getByLabel('Name').fill('orders-worker')
  await dialog.getByLabel('Topics').fill('orders.>, logs.*')
  await dialog.getByLabel('Push to').fill('')
  await dialog.getByText('First event').click()
  await dialog.getByLabel('Lease, in seconds').fill('1.5')
  await dialog.getByRole('button', { name: 'Create' }).click()
  await page.getByRole('heading', { name: 'orders-worker' }).waitFor()
  const { topics, start, lease_ms } = await server.getJson('/subscriptions/orders-worker')
  assert.deepEqual({ topics, start, lease_ms }, { topics: ['orders.>', 'logs.*'], start: 'earliest', lease_ms: 1500 })
})

test('a name that is taken by other settings is said at the name', async (t) => {
  const server = await startTestServer(t)
  await create(server, 'billing')
  const page = await openPage(t, `${server.url}/subscriptions?do=create`, { expectedComplaints: [/status of 409/] })
  await page.getByLabel('Name').fill('billing')
  await page.keyboard.press('Enter')
  await page.getByText('there is a subscription of this name with other settings').waitFor()
  assert.equal(await page.getByLabel('Name').getAttribute('aria-invalid'), 'true')
})

test('push that is paused says why, and is resumed', async (t) => {
  const server = await startTestServer(t, { isPrivatePushAllowed: true })
  const receiver = await startReceiver(t, 410)
  await create(server, 'hook', {
    push: { url: receiver.url, secret: `whsec_${Buffer.alloc(32).toString('base64')}` },
  })
  await server.publish(wireEvent())
  const page = await openPage(t, `${server.url}/subscriptions/hook`)
  await page.getByText('Push is paused:').waitFor()
  await page.getByText('the receiver answered 410').waitFor()
  const resumed = page.waitForResponse((answer) => answer.url().endsWith('/resume') && answer.status() === 200)
  await page.getByRole('button', { name: 'Resume push' }).click()
  await resumed
})
