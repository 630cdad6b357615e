/** A disk that is full, for real: a small file system that only the publisher's process sees. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { startTestServer } from '../support/server.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const run = promisify(execFile)
const childPath = fileURLToPath(new URL('full-disk-child.ts', import.meta.url))
const script = 'mount -t tmpfs -o size=256k tmpfs "$1" && exec "$2" "$3" "$4" "$1"'

test('a full disk is told, takes nothing away, and is used again when there is room', async (t) => {
  const server = await startTestServer(t)
  const args = [temporaryFolder(t), process.execPath, childPath, server.url]
  // Who is not root becomes it in a user namespace of its own, which may mount a tmpfs.
  const asRoot = process.getuid?.() === 0 ? [] : ['--map-root-user']
  const { stdout } = await run('unshare', ['--mount', ...asRoot, 'sh', '-c', script, 'sh', ...args])
  const { taken, codes, losses } = JSON.parse(stdout)
  assert.deepEqual({ codes, losses }, { codes: ['spool_full', 'spool_full'], losses: 1 })
  assert.ok(taken > 50, String(taken))
  assert.equal((await server.getJson('/stats')).unique_processed, taken)
})
