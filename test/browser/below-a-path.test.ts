/** The dashboard behind a proxy that shows the server below a path of its own, and tells it nothing about that. */
import assert from 'node:assert/strict'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { openContext } from '../support/browser.ts'
import { wireEvent } from '../support/events.ts'
import { startTestServer } from '../support/server.ts'

const prefix = '/tools/log%20of%20us'

/** Refuses what is not below the prefix. */
async function startProxy(
  t: TestContext,
  target: string,
): Promise<{ readonly url: string; readonly strays: string[] }> {
  const strays: string[] = []
  const proxy = createServer((incoming, outgoing) => {
    const { url = '', method, headers } = incoming
    if (!url.startsWith(`${prefix}/`)) {
      strays.push(url)
      outgoing.writeHead(502).end()
      return
    }
    const onward = request(target + url.slice(prefix.length), { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
    })
    onward.on('error', () => outgoing.destroy())
    outgoing.on('close', () => onward.destroy())
    incoming.pipe(onward)
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    proxy.close()
    proxy.closeAllConnections()
  })
  return { url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`, strays }
}

test('the page works at every depth below a path, and asks for nothing outside of it', async (t) => {
  const server = await startTestServer(t)
  await server.publish(wireEvent({ topic: 'a/b', event_id: 'c?d' }))
  const settings = { method: 'PUT', body: '{"topics": [">"]}', headers: { 'content-type': 'application/json' } }
  assert.equal((await server.get('/subscriptions/mailer', settings)).status, 201)
  const { url, strays } = await startProxy(t, server.url)
  const context = await openContext(t)
  for (const path of ['/', '/topics', '/events', '/events/a%2Fb/c%3Fd', '/subscriptions/mailer']) {
    const page = await context.newPage()
    const asked: string[] = []
    page.on('response', (answer) => {
      if (answer.status() === 200) asked.push(new URL(answer.url()).pathname.slice(prefix.length))
    })
    await page.goto(url + prefix + path)
    const link = page.getByRole('navigation').getByRole('link', { name: 'System' })
    assert.equal(await link.evaluate((element) => String(element)), `${url}${prefix}/system`, path)
    await link.click()
    await page.getByText('Process id').waitFor()
    assert.equal(page.url(), `${url}${prefix}/system`)
    assert.ok(asked.includes('/system'), path)
    await page.close()
  }
  assert.deepEqual(strays, [])
})
