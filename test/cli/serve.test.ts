import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { wireEvent } from '../support/events.ts'
import { runSekali, startServerProcess } from '../support/process.ts'
import { clientOf } from '../support/server.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

test('the first line on stdout names the URL, and the log is JSON on stderr', async (t) => {
  const server = await startServerProcess(t, ['--store', 'memory:'])
  assert.match(server.output.stdout, /^Sekali is listening on http:\/\/127\.0\.0\.1:\d+ \(store memory:\)\n$/)
  const event = wireEvent()
  await clientOf(server).publish(event, event)
  server.child.kill('SIGTERM')
  const { code, stderr } = await server.exited
  assert.equal(code, 0)
  const lines = stderr
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  assert.ok(lines.some((line) => line.msg === 'duplicates dropped' && line.duplicates[0].event_id === event.event_id))
})

test('the default store is made in the working folder', async (t) => {
  const cwd = temporaryFolder(t)
  await startServerProcess(t, [], { cwd })
  assert.ok(existsSync(join(cwd, 'data', 'sekali.db')))
})

test('flags, environment and file reach the running server', async (t) => {
  const cwd = temporaryFolder(t)
  writeFileSync(join(cwd, 'sekali.json'), JSON.stringify({ 'queue-capacity': 77, store: 'sqlite:from-file.db' }))
  const server = await startServerProcess(t, ['--config', 'sekali.json'], { cwd, env: { SEKALI_STORE: 'memory:' } })
  const stats = await clientOf(server).getJson('/stats')
  assert.equal(stats.queue.capacity, 77)
  assert.equal(stats.store.engine, 'memory')
})

test('--body-limit is enforced', async (t) => {
  const server = await startServerProcess(t, ['--store', 'memory:', '--body-limit', '200'])
  assert.equal((await clientOf(server).publish(wireEvent({ source: 's'.repeat(200) }))).status, 413)
})

test('--rate-limit is enforced on requests, not on health checks', async (t) => {
  const client = clientOf(await startServerProcess(t, ['--store', 'memory:', '--rate-limit', '2']))
  const statuses = []
  for (let request = 0; request < 3; request++) statuses.push((await client.publish(wireEvent())).status)
  assert.deepEqual(statuses, [202, 202, 429])
  assert.equal((await client.get('/health')).status, 200)
})

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`${signal} ends the process with 0`, async (t) => {
    const server = await startServerProcess(t, ['--store', 'memory:'])
    server.child.kill(signal)
    assert.deepEqual((await server.exited).code, 0)
  })
}

test('wrong options end with 2 and say what is wrong', async (t) => {
  for (const [args, text] of [
    [['serve', '--port', 'x'], /--port must be a whole number/],
    [['serve', '--prot', '1'], /unknown option '--prot'[\s\S]*Did you mean --port/],
    [['serev'], /unknown command 'serev'[\s\S]*Did you mean serve/],
    [['serve', '--config', '/nowhere.json'], /cannot be read/],
    [['serve', '--store', 'redis:'], /--store must be/],
  ] as const) {
    const { code, stderr } = await runSekali(t, args)
    assert.equal(code, 2, stderr)
    assert.match(stderr, text)
  }
})

test('a port that is taken ends with 1 and says so', async (t) => {
  const other = createServer().listen(0, '127.0.0.1')
  t.after(() => other.close())
  await once(other, 'listening')
  const { port } = other.address() as AddressInfo
  const { code, stderr } = await runSekali(t, ['serve', '--port', String(port), '--store', 'memory:'])
  assert.equal(code, 1)
  assert.match(stderr, /EADDRINUSE/)
})

test('a second process on the same file ends with 1 and says why; the first goes on', async (t) => {
  const store = `sqlite:${join(temporaryFolder(t), 'a.db')}`
  const client = clientOf(await startServerProcess(t, ['--store', store]))
  await client.publish(wireEvent())
  const { code, stderr } = await runSekali(t, ['serve', '--port', '0', '--store', store])
  assert.equal(code, 1)
  assert.match(stderr, /in use by another sekali process/)
  assert.equal((await client.publish(wireEvent())).status, 202)
  assert.equal((await client.getJson('/stats')).unique_processed, 2)
})

test('help leads to every command and shows examples', async (t) => {
  const { code, stdout } = await runSekali(t, ['--help'])
  assert.equal(code, 0)
  for (const name of ['serve', 'Examples:']) assert.ok(stdout.includes(name), name)
  const serve = await runSekali(t, ['serve', '--help'])
  for (const name of ['--store', 'SEKALI_STORE', 'Examples:', 'Exit codes:'])
    assert.ok(serve.stdout.includes(name), name)
})

for (const [flags, status] of [
  [[], 422],
  [['--push-allow-private'], 201],
  [['--push-allow-private', 'false'], 422],
] as const) {
  test(`pushes to loopback are ${status === 422 ? 'refused' : 'taken'} with ${flags.join(' ') || 'no flag'}`, async (t) => {
    const server = await startServerProcess(t, ['--store', 'memory:', ...flags])
    const secret = `whsec_${Buffer.alloc(24).toString('base64')}`
    const answer = await fetch(`${server.url}/subscriptions/s`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ topics: ['>'], push: { url: 'http://127.0.0.1:9/', secret } }),
    })
    assert.equal(answer.status, status, await answer.text())
  })
}
