import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { wireEvent } from '../support/events.ts'
import { runSekali, startServerProcess } from '../support/process.ts'
import { clientOf } from '../support/server.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

test('the index of a stopped store are built again, and still knows every event', async (t) => {
  const store = `sqlite:${join(temporaryFolder(t), 'a.db')}`
  const events = Array.from({ length: 100 }, () => wireEvent())
  const server = await startServerProcess(t, ['--store', store])
  await clientOf(server).publish(...events)
  const refused = await runSekali(t, ['rebuild-index', '--store', store])
  assert.equal(refused.code, 1)
  assert.match(refused.stderr, /in use by another sekali process/)
  server.child.kill('SIGTERM')
  await server.exited
  const { code, stdout } = await runSekali(t, ['rebuild-index', '--store', store])
  assert.equal(code, 0)
  assert.match(stdout, /are built again/)
  const client = clientOf(await startServerProcess(t, ['--store', store]))
  const ack = (await (await client.publish(...events)).json()) as { duplicates: number }
  assert.equal(ack.duplicates, 100)
})

test('a store without such an index, or a file that is not there, is a mistake in typing', async (t) => {
  for (const [store, text] of [
    ['memory:', /has no index on disk/],
    [`sqlite:${join(temporaryFolder(t), 'none.db')}`, /there is no such file/],
  ] as const) {
    const { code, stderr } = await runSekali(t, ['rebuild-index', '--store', store])
    assert.equal(code, 2)
    assert.match(stderr, text)
  }
})
