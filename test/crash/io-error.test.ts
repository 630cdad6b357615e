/** A disk that fails: the process must not go on with a file it can no longer vouch for. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { join } from 'node:path'
import { test } from 'node:test'
import { wireEvent } from '../support/events.ts'
import { type ServerProcess, startServerProcess } from '../support/process.ts'
import { clientOf } from '../support/server.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

test('a write that fails is answered 503, ends the process with 74, and loses nothing that was acknowledged', async (t) => {
  const store = `sqlite:${join(temporaryFolder(t), 'a.db')}`
  const server = await startServerProcess(t, ['--store', store])
  const client = clientOf(server)
  const acknowledged = wireEvent()
  assert.equal((await client.publish(acknowledged)).status, 202)
  // From here on the kernel refuses to let any file grow beyond one page: write() fails with EFBIG.
  execFileSync('prlimit', ['--pid', String(server.child.pid), '--fsize=4096'])
  const refused = wireEvent({ payload: { text: 'x'.repeat(100_000) } })
  const response = await client.publish(refused)
  assert.equal(response.status, 503)
  assert.equal(response.headers.get('retry-after'), '1')
  assert.equal(((await response.json()) as { code: string }).code, 'store_failed')
  const { code, stderr } = await server.exited
  assert.equal(code, 74)
  assert.match(stderr, /the store failed; ending/)

  const healed = clientOf(await startServerProcess(t, ['--store', store]))
  assert.equal((await healed.get(`/events/logs.test/${acknowledged.event_id}`)).status, 200)
  assert.equal((await healed.get(`/events/logs.test/${refused.event_id}`)).status, 404)
  assert.equal((await healed.publish(refused, acknowledged)).status, 202)
  const stats = await healed.getJson('/stats')
  assert.deepEqual([stats.received, stats.unique_processed, stats.duplicate_dropped], [3, 2, 1])
})

test('a write that fails while the server stops ends the process with 74 as well', async (t) => {
  const server = await startServerProcess(t, ['--store', `sqlite:${join(temporaryFolder(t), 'a.db')}`])
  const body = JSON.stringify(wireEvent({ payload: { text: 'x'.repeat(100_000) } }))
  const { port } = new URL(server.url)
  const headers = { 'content-type': 'application/json', expect: '100-continue' }
  const publishing = request({ port, path: '/publish', method: 'POST', headers })
  const answered = once(publishing, 'response')
  publishing.flushHeaders()
  await once(publishing, 'continue')
  publishing.write(body.slice(0, 10))
  await waitForLog(server, 'stopping', () => server.child.kill('SIGTERM'))
  execFileSync('prlimit', ['--pid', String(server.child.pid), '--fsize=4096'])
  publishing.end(body.slice(10))
  const [response] = (await answered) as [IncomingMessage]
  response.resume()
  assert.equal(response.statusCode, 503)
  assert.equal((await server.exited).code, 74)
})

async function waitForLog(server: ServerProcess, text: string, act: () => void): Promise<void> {
  const seen = new Promise<void>((resolve) => {
    server.child.stderr?.on('data', () => {
      if (server.output.stderr.includes(text)) resolve()
    })
  })
  act()
  await seen
}
