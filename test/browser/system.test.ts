/** The system screen in a real browser: what the server says of itself, in words. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { openPage } from '../support/browser.ts'
import { startTestServer } from '../support/server.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

test('health, store, process and configuration are shown as the server tells them', async (t) => {
  const path = join(temporaryFolder(t), 'events.db')
  const server = await startTestServer(t, { store: `sqlite:${path}` })
  const system = await server.getJson('/system')
  const page = await openPage(t, `${server.url}/system`)
  await page.getByText('Ready: requests are taken').waitFor()
  await page.getByRole('row', { name: 'store OK' }).waitFor()
  await page.getByRole('row', { name: 'queue OK' }).waitFor()
  const store = page.getByRole('region', { name: 'Store' })
  await store.getByText(path, { exact: true }).waitFor()
  await store.getByText(system.store.mount.is_own_volume ? /^its own/ : /^none of its own/).waitFor()
  const process = page.getByRole('region', { name: 'Process' })
  await process.getByText(`Sekali ${system.version}, Node ${system.node.slice(1)}`).waitFor()
  await process.getByText(String(system.pid), { exact: true }).waitFor()
  for (const { name, value } of system.config)
    await page
      .getByRole('row', { name: `--${name} ${value}` })
      .first()
      .waitFor()
})

test('its links lead to the metrics and to the documents of the API', async (t) => {
  const server = await startTestServer(t)
  const page = await openPage(t, `${server.url}/system`)
  for (const [name, path] of [
    ['Metrics', 'metrics'],
    ['API', 'docs'],
    ['OpenAPI', 'openapi.json'],
  ] as const) {
    const link = page.getByRole('main').getByRole('link', { name, exact: true })
    assert.equal(await link.evaluate((element) => String(element)), `${server.url}/${path}`)
    assert.equal((await server.get(`/${path}`)).status, 200)
  }
})

test('a store in memory is said to end with the process', async (t) => {
  const server = await startTestServer(t)
  const page = await openPage(t, `${server.url}/system`)
  await page.getByText('memory: the events end with the process').waitFor()
})
