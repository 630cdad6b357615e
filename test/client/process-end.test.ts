/** A publisher holds its process as long as events would be lost or are waited for, and no longer. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { closedUrl, startFlakyProxy } from '../support/flaky-proxy.ts'
import { startTestServer } from '../support/server.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const run = promisify(execFile)
const childPath = fileURLToPath(new URL('ending-child.ts', import.meta.url))

for (const what of ['published', 'enqueued'] as const) {
  test(`a program that has ${what} an event ends by itself, when that is stored`, async (t) => {
    const server = await startTestServer(t)
    await run(process.execPath, [childPath, server.url, what])
    assert.equal((await server.getJson('/stats')).unique_processed, 1)
  })
}

test('a program whose events are in a spool need not wait for a server that is away', async (t) => {
  const folder = temporaryFolder(t)
  await run(process.execPath, [childPath, await closedUrl(), 'spooled', folder])
  assert.equal(readdirSync(folder).filter((name) => name.endsWith('.spool')).length, 1)
})

test('a flush that is waited for holds the program, also while events are being retried', async (t) => {
  const server = await startTestServer(t)
  const proxy = await startFlakyProxy(t, server.url, ['unavailable', 'drop before', 'drop after'])
  const { stdout } = await run(process.execPath, [childPath, proxy.url, 'flushed', temporaryFolder(t)])
  assert.equal(stdout, 'flushed')
  assert.equal((await server.getJson('/stats')).unique_processed, 1)
})
