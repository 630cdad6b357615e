import assert from 'node:assert/strict'
import { appendFileSync, copyFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { logLineBatches } from '../../src/cli/log-line-batches.ts'
import { openPublishInput } from '../../src/cli/publish-input.ts'
import { publishBatches } from '../../src/cli/publish-run.ts'
import { runSekali } from '../support/process.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

interface Scene {
  readonly server: TestServer
  readonly folder: string
  readonly path: string
  /** Publishes the file as `sekali publish --lines` does; unique and duplicates. */
  ship(path?: string): Promise<[unique: number, duplicates: number]>
}

async function startScene(t: TestContext, content: string): Promise<Scene> {
  const server = await startTestServer(t)
  const folder = temporaryFolder(t)
  const path = join(folder, 'app.log')
  writeFileSync(path, content)
  const ship = async (shipped = path): Promise<[number, number]> => {
    const batches = logLineBatches(openPublishInput(shipped), { topic: 'logs.app', source: 'web-1' })
    const stop = new AbortController().signal
    const { tally, failure } = await publishBatches(batches, { post: { url: server.url }, stop })
    assert.equal(failure, undefined)
    assert.equal(tally.conflicts, 0)
    return [tally.unique, tally.duplicates]
  }
  return { server, folder, path, ship }
}

const threeLines = '2026-01-31 09:30:00 one\n2026-01-31 09:30:01 two\nthree\n'

test('the same log file twice stores every line once', async (t) => {
  const { server, ship } = await startScene(t, threeLines)
  assert.deepEqual(await ship(), [3, 0])
  assert.deepEqual(await ship(), [0, 3])
  const { events } = await server.getJson('/events?order=seq')
  assert.deepEqual(
    events.map(({ payload }: { payload: { line: string } }) => payload.line),
    ['2026-01-31 09:30:00 one', '2026-01-31 09:30:01 two', 'three'],
  )
})

test('a file that grew stores its new lines only', async (t) => {
  const { path, ship } = await startScene(t, `${threeLines}fo`)
  assert.deepEqual(await ship(), [3, 0])
  appendFileSync(path, 'ur\nfive\n')
  assert.deepEqual(await ship(), [2, 3])
})

test('a file that was renamed by log rotation stores nothing again, and the new one is another file', async (t) => {
  const { path, ship } = await startScene(t, threeLines)
  assert.deepEqual(await ship(), [3, 0])
  renameSync(path, `${path}.1`)
  writeFileSync(path, threeLines)
  assert.deepEqual(await ship(`${path}.1`), [0, 3])
  assert.deepEqual(await ship(), [3, 0])
})

test('a copy with the same lines is another file', async (t) => {
  const { folder, path, ship } = await startScene(t, threeLines)
  assert.deepEqual(await ship(), [3, 0])
  copyFileSync(path, join(folder, 'copy.log'))
  assert.deepEqual(await ship(join(folder, 'copy.log')), [3, 0])
})

test('a file is read to where it ended when it was opened', async (t) => {
  const { path } = await startScene(t, 'one\n')
  const input = openPublishInput(path)
  appendFileSync(path, 'two\n')
  const batches = await Array.fromAsync(logLineBatches(input, { topic: 't', source: 's' }))
  assert.deepEqual(
    batches.map(({ events }) => events),
    [1],
  )
})

test('a file that is removed while it is read is read to its end', async (t) => {
  const { path } = await startScene(t, 'one\ntwo\n')
  const input = openPublishInput(path)
  rmSync(path)
  const batches = await Array.fromAsync(logLineBatches(input, { topic: 't', source: 's' }))
  assert.equal(batches[0]?.events, 2)
})

test('an empty file is no error', async (t) => {
  const { ship } = await startScene(t, '')
  assert.deepEqual(await ship(), [0, 0])
})

test('the command ships a log file, tells of a last line without a newline, and leaves it for later', async (t) => {
  const { server, path } = await startScene(t, `${threeLines}unfinished`)
  const args = ['publish', '--url', server.url, '--lines', '--topic', 'logs.app', '--source', 'web-9', path]
  const { code, stdout, stderr } = await runSekali(t, args)
  assert.equal(code, 0)
  assert.match(stdout, /^sent +3 {2}= 3 unique \+ 0 duplicates$/m)
  assert.match(stderr, /^note: the last line of .*app\.log \(10 bytes\) has no newline yet; .* was not sent\n$/)
  const { events } = await server.getJson('/events?topic=logs.app&source=web-9')
  assert.equal(events.length, 3)
})

test('the lines of a pipe are sent to the last one, and the summary says that their ids are new each time', async (t) => {
  const { server } = await startScene(t, '')
  const args = ['publish', '--url', server.url, '--lines', '--topic', 'logs.app', '-']
  for (const run of [1, 2]) {
    const { code, stdout, stderr } = await runSekali(t, args, { stdin: 'one\r\ntwo' })
    assert.equal(code, 0, `run ${run}`)
    assert.match(stdout, /^sent +2 {2}= 2 unique \+ 0 duplicates$/m)
    assert.match(stdout, /^Lines of a pipe get new ids/m)
    assert.equal(stderr, '')
  }
})

test('lines with every byte there is are taken', async (t) => {
  const { server, path, ship } = await startScene(t, '')
  writeFileSync(path, Buffer.from([...Array.from({ length: 256 }, (_, byte) => byte), 0x0a]))
  assert.deepEqual(await ship(), [2, 0])
  assert.deepEqual(await ship(), [0, 2])
  assert.equal((await server.getJson('/stats')).unique_processed, 2)
})
