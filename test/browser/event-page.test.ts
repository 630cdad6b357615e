/** One event in a real browser: its own address, its copies and conflicts, and what is too large to show. */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { openPage } from '../support/browser.ts'
import { wireEvent } from '../support/events.ts'
import { startTestServer } from '../support/server.ts'

test('an event has an address of its own, whatever is in its names and however old it is', async (t) => {
  const server = await startTestServer(t)
  const event = wireEvent({ topic: 'a/b c?', event_id: '100%#é', timestamp: '1999-01-01', payload: { here: 'it is' } })
  await server.publish(event)
  const page = await openPage(t, `${server.url}/events/${encodeURIComponent('a/b c?')}/${encodeURIComponent('100%#é')}`)
  await page.getByText('it is').waitFor()
  await page.getByText('100%#é', { exact: true }).waitFor()
})

test('an event that is not there says so', async (t) => {
  const server = await startTestServer(t)
  const page = await openPage(t, `${server.url}/events/logs/nothing`, { expectedComplaints: [/404/] })
  await page.getByText('No event nothing is stored in the topic logs.').waitFor()
})

test('its history lists every copy, and a conflict side by side with what was stored', async (t) => {
  const server = await startTestServer(t)
  const stored = `{"topic":"t","event_id":"e","timestamp":"2026-01-31T09:30:00Z","source":"first","payload":{"id":9007199254740993,"same":true}}`
  for (const text of [stored, stored, stored.replace('993', '992').replace('first', 'second')]) {
    assert.equal((await server.post('/publish', text)).status, 202)
  }
  const page = await openPage(t, `${server.url}/events/t/e`)
  await page.getByRole('tab', { name: 'History' }).click()
  const results = page.locator('[role=tabpanel] .table tbody tr')
  await results.nth(2).waitFor()
  assert.deepEqual(await results.locator('td:nth-child(2)').allInnerTexts(), ['second', 'first', 'first'])
  assert.deepEqual(await results.locator('.badge').allInnerTexts(), [
    'other content: refused',
    'duplicate: dropped',
    'stored',
  ])
  const diff = page.getByRole('table', { name: 'What was stored, beside what was refused' })
  await diff.getByRole('row', { name: /9007199254740993.*9007199254740992/ }).waitFor()
  await page.getByText('Different: source and payload.').waitFor()
  assert.equal(new URL(page.url()).search, '?tab=history')
})

test('a large payload shows its beginning and its size, and all of it when asked for', async (t) => {
  const server = await startTestServer(t)
  const payload = `{"text":"${'0123456789'.repeat(130_000)}","id":9007199254740993}`
  const event = `{"topic":"t","event_id":"large","timestamp":"2026-01-31T09:30:00Z","source":"s","payload":${payload}}`
  assert.equal((await server.post('/publish', event)).status, 202)
  const page = await openPage(t, `${server.url}/events/t/large?tab=raw`)
  await page.getByText('Too large to display (1.2 MiB).').waitFor()
  assert.equal((await page.locator('pre').innerText()).length, 4097)
  const downloading = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Download' }).click()
  assert.equal(await readFile(await (await downloading).path(), 'utf8'), payload)
  await page.getByRole('button', { name: 'Load anyway' }).click()
  await page.getByText('1.2 MiB, exactly as received').waitFor()
  assert.equal(await page.locator('pre').textContent(), payload)
})

test('a value, its path, the id and a link are copied', async (t) => {
  const server = await startTestServer(t)
  await server.publish(wireEvent({ topic: 't', event_id: 'e', payload: { user: { name: 'Ada "A"' } } }))
  const page = await openPage(t, `${server.url}/events/t/e`, { permissions: ['clipboard-read', 'clipboard-write'] })
  const clipboard = () => page.evaluate<string>('navigator.clipboard.readText()')
  const clipboardIs = (text: string) =>
    page.waitForFunction(`navigator.clipboard.readText().then((text) => text === ${text})`)
  const copied = async (): Promise<string> => {
    await page.getByRole('button', { name: 'Copied' }).waitFor()
    return clipboard()
  }
  const line = page.locator('.json-line').filter({ hasText: 'Ada' })
  await line.hover()
  await line.getByRole('button', { name: 'Copy value' }).click()
  assert.equal(await copied(), 'Ada "A"')
  await line.getByRole('button', { name: 'Copy path' }).click()
  await clipboardIs("'.user.name'")
  await page.keyboard.press('c')
  await clipboardIs("'e'")
  await page.keyboard.press('y')
  await clipboardIs('location.href')
})
