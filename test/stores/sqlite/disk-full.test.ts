/** A full disk, a real one: the scenarios run on a small file system of their own, which nobody else can see. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const scenarios = fileURLToPath(new URL('./disk-full-scenarios.ts', import.meta.url))

test('a store whose disk is full refuses appends, answers queries, and heals when there is room', (t) => {
  const folder = temporaryFolder(t)
  // A mount namespace of its own ends with the process; only root may have one without a user namespace.
  const namespace = process.getuid?.() === 0 ? ['--mount'] : ['--map-root-user', '--mount']
  const mountThenRun = 'mount -t tmpfs -o size=16m tmpfs "$1" && shift && exec "$@"'
  const run = [process.execPath, '--test', '--test-reporter=spec', scenarios]
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const { status, stdout, stderr } = spawnSync(
    'unshare',
    [...namespace, 'sh', '-c', mountThenRun, 'sh', folder, ...run],
    {
      env: { ...env, SEKALI_TEST_SMALL_DISK: folder },
      encoding: 'utf8',
    },
  )
  assert.equal(status, 0, stdout + stderr)
  assert.match(stdout, /pass 5\n/)
})
