import assert from 'node:assert/strict'
import { appendFileSync, existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { startFaultyNetwork } from '../support/faulty-network.ts'
import { oddLines, storeLines } from '../support/many-events.ts'
import { type Exit, runSekali, startSekali } from '../support/process.ts'
import { startRequestProxy } from '../support/request-proxy.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const text = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join('')

/** Ctrl-C once the first page is in the file, and the second on its way. */
async function stopAfterFirstPage(t: TestContext, server: TestServer, out: string): Promise<Exit & { url: string }> {
  const reached = Promise.withResolvers<void>()
  let pages = 0
  const url = await startRequestProxy(t, server.url, async (request) => {
    if (!request.includes('limit=1000') || ++pages !== 2) return
    reached.resolve()
    await new Promise(() => {})
  })
  const running = startSekali(t, ['export', '--url', url, '--out', out])
  await Promise.race([reached.promise, running.exited])
  while (!existsSync(`${out}.part`) || readFileSync(`${out}.part`).length === 0) await new Promise(setImmediate)
  running.child.kill('SIGINT')
  return { ...(await running.exited), url }
}

test('killed at any moment, the file after the next run is exactly the whole export', async (t) => {
  const server = await startTestServer(t)
  const lines = oddLines(12_000, 2000)
  await storeLines(server, lines)
  const folder = temporaryFolder(t)
  const out = join(folder, 'all.ndjson')
  writeFileSync(out, 'an older export\n')
  let pages = 0
  let killAt = 3
  let victim: ReturnType<typeof startSekali> | undefined
  const url = await startRequestProxy(t, server.url, (request) => {
    if (request.includes('limit=1000') && ++pages === killAt) victim?.child.kill('SIGKILL')
  })
  const notes: string[] = []
  for (const pagesMore of [2, 7, 3, 6]) {
    pages = 0
    killAt = pagesMore
    victim = startSekali(t, ['export', '--url', url, '--out', out])
    const { signal, stderr } = await victim.exited
    assert.equal(signal, 'SIGKILL')
    notes.push(stderr)
    assert.equal(readFileSync(out, 'utf8'), 'an older export\n', 'the older file stays until the new one is whole')
    // What was written after the last checkpoint may be anything.
    appendFileSync(`${out}.part`, '{"topic":"torn')
  }
  // As a kill leaves it in the middle of a checkpoint.
  writeFileSync(`${out}.part.json.new`, '{"version":1,"by')
  killAt = 0
  const { code, stderr } = await runSekali(t, ['export', '--url', url, '--out', out])
  assert.equal(code, 0, stderr)
  assert.match(stderr, /^Going on after [\d,]+ events, seq \d+\.\n12,000 events up to seq 12000/)
  assert.ok(readFileSync(out, 'utf8') === text(lines), 'exactly the whole export')
  assert.deepEqual(readdirSync(folder), ['all.ndjson'])
  assert.ok(notes.some((each) => each.startsWith('Going on after')))
})

test('through a network that fails in every way, 20,000 events arrive once each', async (t) => {
  const server = await startTestServer(t)
  const lines = oddLines(20_000, 10)
  await storeLines(server, lines)
  const fates = [
    'cut within the answer',
    'pass',
    'reset',
    'pass',
    'cut before the answer',
    'pass',
    'cut within the request',
  ] as const
  let requests = 0
  await using network = await startFaultyNetwork(server.url, () => fates[requests++ % fates.length] ?? 'pass')
  const out = join(temporaryFolder(t), 'all.ndjson')
  const { code, stderr } = await runSekali(t, ['export', '--url', network.url, '--out', out])
  assert.equal(code, 0, stderr)
  assert.ok(readFileSync(out, 'utf8') === text(lines))
  assert.ok((network.counts.get('reset') ?? 0) > 0)
})

test('Ctrl-C: 130, and the same command goes on; with other options it is another export', async (t) => {
  const server = await startTestServer(t)
  const lines = oddLines(3000)
  await storeLines(server, lines)
  const out = join(temporaryFolder(t), 'it is.ndjson')
  const { url, code, stderr } = await stopAfterFirstPage(t, server, out)
  assert.equal(code, 130)
  assert.equal(stderr, `Stopped after 1,000 events. Go on with:\n  sekali export --url ${url} --out '${out}'\n`)
  const other = await runSekali(t, ['export', 'logs.app', '--url', server.url, '--out', out])
  assert.equal(other.code, 2)
  assert.match(other.stderr, /was begun with other options/)
  const again = await runSekali(t, ['export', '--url', server.url, '--out', out])
  assert.match(again.stderr, /^Going on after 1,000 events, seq 1000\.$/m)
  assert.ok(readFileSync(out, 'utf8') === text(lines))
})

test('the beginning of one store is not gone on with from another', async (t) => {
  const [one, other] = await Promise.all([startTestServer(t), startTestServer(t)])
  await storeLines(one, oddLines(1500))
  await storeLines(other, oddLines(1600).slice(7))
  const out = join(temporaryFolder(t), 'all.ndjson')
  await stopAfterFirstPage(t, one, out)
  const { code, stderr } = await runSekali(t, ['export', '--url', other.url, '--out', out])
  assert.equal(code, 1)
  assert.match(stderr, /was begun with another store: its seq 1000 is another event/)
})

test('two exports do not write one file; links are followed; what is no file is not replaced', async (t) => {
  const server = await startTestServer(t)
  await storeLines(server, oddLines(10))
  const folder = temporaryFolder(t)
  const out = join(folder, 'all.ndjson')
  writeFileSync(join(folder, 'real.ndjson'), '')
  symlinkSync('real.ndjson', join(folder, 'link.ndjson'))
  const released = Promise.withResolvers<void>()
  const reached = Promise.withResolvers<void>()
  const url = await startRequestProxy(t, server.url, async () => {
    reached.resolve()
    await released.promise
  })
  const first = startSekali(t, ['export', '--url', url, '--out', out])
  await Promise.race([reached.promise, first.exited])
  const [second, linked, device, aFolder] = await Promise.all(
    [out, join(folder, 'link.ndjson'), '/dev/null', folder].map((path) =>
      runSekali(t, ['export', '--url', server.url, '--out', path]),
    ),
  )
  assert.deepEqual([second?.code, device?.code, aFolder?.code], [2, 2, 2])
  assert.match(second?.stderr ?? '', /another export writes it/)
  assert.match(device?.stderr ?? '', /\/dev\/null is no file/)
  assert.equal(linked?.code, 0)
  assert.equal(readFileSync(join(folder, 'real.ndjson'), 'utf8'), text(oddLines(10)))
  released.resolve()
  assert.equal((await first.exited).code, 0)
  assert.equal(readFileSync(out, 'utf8'), text(oddLines(10)))
})
