/** The spool on real files, with real processes that are killed. */
import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { ClientError, type Loss, Publisher } from '../../src/client/index.ts'
import { openFileSpool } from '../../src/client/spool/file-spool.ts'
import { afterTest } from '../support/after-test.ts'
import { closedUrl } from '../support/flaky-proxy.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const childPath = fileURLToPath(new URL('spooling-child.ts', import.meta.url))
const origin = { topic: 'logs.spool', source: 'test' }
const all = { maxEvents: 1000, maxBytes: 1024 * 1024 }

/** A process that has spooled events and cannot send them. */
async function startChild(t: TestContext, folder: string, events: number) {
  const child = fork(childPath, [await closedUrl(), folder, String(events)])
  afterTest(t, () => child.kill('SIGKILL'))
  const [taken] = await once(child, 'message')
  assert.equal(taken, events)
  return async () => {
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
}

function spooled(folder: string): string[] {
  return readdirSync(folder).filter((name) => name.endsWith('.spool'))
}

async function payloadNumbers(server: TestServer): Promise<number[]> {
  const { events } = await server.getJson('/events?order=seq&limit=1000')
  return events.map(({ payload }: { payload: { n: number } }) => payload.n)
}

test('what a killed process had enqueued is sent at the next start, once and in order, and its files are removed', async (t) => {
  const server = await startTestServer(t)
  const folder = temporaryFolder(t)
  const kill = await startChild(t, folder, 300)
  await kill()
  assert.equal(spooled(folder).length, 1)
  const publisher = new Publisher({ url: server.url, ...origin, spool: openFileSpool(folder) })
  await publisher.publish({ payload: { n: 300 } })
  await publisher.close()
  assert.deepEqual(
    await payloadNumbers(server),
    Array.from({ length: 301 }, (_, n) => n),
  )
  assert.deepEqual(readdirSync(folder), [])
})

test('files of the living are left alone, and those of the dead are taken over by one', async (t) => {
  const folder = temporaryFolder(t)
  const killFirst = await startChild(t, folder, 10)
  await startChild(t, folder, 20)
  const nobody = openFileSpool(folder)
  assert.equal(nobody.nextUnread, undefined)
  await killFirst()
  const heir = openFileSpool(folder)
  const late = openFileSpool(folder)
  assert.equal(heir.read(all).length, 10)
  assert.equal(late.read(all).length, 0)
  late.close()
  heir.close()
  const next = openFileSpool(folder)
  assert.equal(next.read(all).length, 10, 'what the heir did not settle is there for the next')
  next.close()
  nobody.close()
})

test('a torn last line is ignored, a damaged line is kept aside and counted, and the others are sent', async (t) => {
  const server = await startTestServer(t)
  const folder = temporaryFolder(t)
  const kill = await startChild(t, folder, 5)
  await kill()
  const [name = ''] = spooled(folder)
  const path = join(folder, name)
  const lines = readFileSync(path, 'utf8').split('\n')
  const damaged = lines[1]?.replace('"n":1', '"n":7') ?? ''
  writeFileSync(path, [lines[0], damaged, ...lines.slice(2)].join('\n'))
  truncateSync(path, readFileSync(path).length - 3)
  const spool = openFileSpool(folder)
  const publisher = new Publisher({ url: server.url, ...origin, spool })
  await publisher.close()
  assert.deepEqual(await payloadNumbers(server), [0, 2, 3])
  assert.equal(spool.corruptLines, 1)
  assert.deepEqual(readdirSync(folder), ['corrupt.txt'])
  assert.equal(readFileSync(join(folder, 'corrupt.txt'), 'utf8'), `${damaged}\n`)
})

test('a server that is away costs disk and not memory, and everything arrives in order when it is back', async (t) => {
  const server = await startTestServer(t)
  const folder = temporaryFolder(t)
  let isAway = true
  const switched: typeof fetch = (input, init) => (isAway ? Promise.reject(new TypeError('away')) : fetch(input, init))
  const publisher = new Publisher({
    ...{ url: server.url, ...origin, maxQueueEvents: 10, maxBatchEvents: 10, surroundings: { fetch: switched } },
    retryPolicy: { baseDelayMs: 1, maxDelayMs: 5 },
    retryBudget: { capacity: 10_000 },
    spool: openFileSpool(folder, { maxFileBytes: 2000 }),
  })
  for (let n = 0; n < 100; n++) assert.equal(publisher.enqueue({ payload: { n } }), true)
  assert.equal(publisher.counts.queued, 10)
  assert.ok(spooled(folder).length > 3)
  isAway = false
  const { seq } = await publisher.publish({ payload: { n: 100 } })
  assert.equal(seq, 101)
  assert.deepEqual(
    await payloadNumbers(server),
    Array.from({ length: 101 }, (_, n) => n),
  )
  await publisher.close()
  assert.deepEqual(readdirSync(folder), [])
})

test('close ends the waiting for a server that is away, and the events stay for the next start', async (t) => {
  const server = await startTestServer(t)
  const folder = temporaryFolder(t)
  const losses: Loss[] = []
  const onLoss = (loss: Loss) => losses.push(loss)
  const first = new Publisher({ url: await closedUrl(), ...origin, spool: openFileSpool(folder), onLoss })
  first.enqueue({ payload: { n: 0 } })
  const published = first.publish({ payload: { n: 1 } }).catch((error: unknown) => error)
  await first.close({ signal: AbortSignal.timeout(20) })
  const error = await published
  assert.ok(error instanceof ClientError && error.code === 'gave_up')
  assert.deepEqual(losses, [], 'what is in the spool is not lost')
  await using second = new Publisher({ url: server.url, ...origin, spool: openFileSpool(folder) })
  await second.publish({ payload: { n: 2 } })
  assert.deepEqual(await payloadNumbers(server), [0, 1, 2])
})

test('a publisher whose signal aborts leaves its spool to the next, and can be closed', async (t) => {
  const folder = temporaryFolder(t)
  const ending = new AbortController()
  const spool = openFileSpool(folder)
  const publisher = new Publisher({
    ...{ url: await closedUrl(), ...origin, maxQueueEvents: 2, maxBatchEvents: 1, spool },
    signal: ending.signal,
  })
  const published = [0, 1, 2, 3].map((n) => publisher.publish({ payload: { n } }).catch((error: unknown) => error))
  ending.abort(new Error('enough'))
  for (const error of await Promise.all(published)) assert.ok(error instanceof ClientError && error.code === 'gave_up')
  await publisher.close()
  const next = openFileSpool(folder)
  assert.equal(next.read(all).length, 4)
  next.close()
})

test('an event that the server refuses is set aside, told, and not sent again', async (t) => {
  const server = await startTestServer(t)
  const folder = temporaryFolder(t)
  const losses: Loss[] = []
  const publisher = new Publisher({
    ...{ url: server.url, ...origin, spool: openFileSpool(folder) },
    onLoss: (loss) => losses.push(loss),
  })
  publisher.enqueue({ timestamp: 'yesterday', payload: { n: 0 } })
  publisher.enqueue({ payload: { n: 1 } })
  await publisher.close()
  assert.deepEqual(
    losses.map(({ error }) => error.code),
    ['refused'],
  )
  assert.deepEqual(await payloadNumbers(server), [1])
  assert.deepEqual(readdirSync(folder), ['refused.ndjson'])
  assert.equal(JSON.parse(readFileSync(join(folder, 'refused.ndjson'), 'utf8')).timestamp, 'yesterday')
})

for (const status of [401, 403, 404, 302, 200]) {
  test(`a server that takes no event at all (${status}) empties no spool: publish is told, and they arrive when it does`, async (t) => {
    const server = await startTestServer(t)
    const folder = temporaryFolder(t)
    let refused = 0
    const refusing: typeof fetch = async (input, init) =>
      refused++ < 3 ? new Response('<html>', { status }) : fetch(input, init)
    const losses: Loss[] = []
    const publisher = new Publisher({
      ...{ url: server.url, ...origin, spool: openFileSpool(folder), surroundings: { fetch: refusing } },
      retryPolicy: { baseDelayMs: 1, maxDelayMs: 2 },
      onLoss: (loss) => losses.push(loss),
    })
    publisher.enqueue({ payload: { n: 0 } })
    const code = status > 400 ? 'refused' : 'unexpected_answer'
    await assert.rejects(publisher.publish({ payload: { n: 1 } }), { code, status })
    await publisher.close()
    assert.deepEqual(await payloadNumbers(server), [0, 1])
    assert.deepEqual([losses, readdirSync(folder)], [[], []])
    assert.deepEqual([publisher.counts.stored, publisher.counts.lost, publisher.counts.retries], [2, 0, 3])
  })
}

test('what was under way when a publisher ended stays, also where one event of it was refused before', async (t) => {
  const server = await startTestServer(t)
  const folder = temporaryFolder(t)
  const ending = new AbortController()
  let requests = 0
  const endingFetch: typeof fetch = (input, init) => {
    if (++requests === 2) ending.abort(new Error('enough'))
    return fetch(input, init)
  }
  const publisher = new Publisher({
    ...{ url: server.url, ...origin, spool: openFileSpool(folder, { maxFileBytes: 1 }), signal: ending.signal },
    surroundings: { fetch: endingFetch },
  })
  const good = publisher.publish({ payload: { n: 0 } }).catch((error: unknown) => error)
  await assert.rejects(publisher.publish({ timestamp: 'yesterday', payload: {} }), { code: 'refused' })
  assert.ok((await good) instanceof ClientError)
  await publisher.close()
  await using next = new Publisher({ url: server.url, ...origin, spool: openFileSpool(folder) })
  await next.flush()
  assert.deepEqual(await payloadNumbers(server), [0])
})

test('a spool that has reached its bound takes no more, and takes more when events were acknowledged', async (t) => {
  const spool = openFileSpool(temporaryFolder(t), { maxBytes: 1000 })
  const publisher = new Publisher({ url: await closedUrl(), ...origin, spool })
  let taken = 0
  while (publisher.enqueue({ payload: {} })) taken++
  assert.ok(taken >= 4 && taken <= 8, String(taken))
  await assert.rejects(publisher.publish({ payload: {} }), { code: 'spool_full', retryable: true })
  spool.settle(taken)
  assert.equal(spool.bytes, 0)
  await publisher.close({ signal: AbortSignal.timeout(1) })
})

test('what is set aside is bounded as the spool is', (t) => {
  const folder = temporaryFolder(t)
  const spool = openFileSpool(folder, { maxBytes: 1000 })
  for (let n = 0; n < 100; n++) spool.setAside(JSON.stringify({ n, text: 'x'.repeat(80) }))
  spool.close()
  const text = readFileSync(join(folder, 'refused.ndjson'), 'utf8')
  assert.ok(text.length > 800 && text.length <= 1000 && text.endsWith('}\n'), `${text.length}`)
})

test('a file that cannot be written is an error of the publisher, and nothing is sent', async (t) => {
  const folder = temporaryFolder(t)
  appendFileSync(join(folder, 'file'), '')
  assert.throws(() => openFileSpool(join(folder, 'file')), { code: 'spool_failed' })
})

test('a folder that is removed under a publisher stores what it had, is told, and ends nothing', async (t) => {
  const server = await startTestServer(t)
  const folder = temporaryFolder(t)
  const losses: Loss[] = []
  const publisher = new Publisher({
    ...{ url: server.url, ...origin, spool: openFileSpool(folder, { maxFileBytes: 1 }) },
    onLoss: (loss) => losses.push(loss),
  })
  publisher.enqueue({ payload: { n: 0 } })
  publisher.enqueue({ payload: { n: 1 } })
  rmSync(folder, { recursive: true })
  await publisher.flush()
  assert.equal(publisher.enqueue({ payload: { n: 2 } }), false)
  await publisher.close()
  assert.deepEqual(await payloadNumbers(server), [0, 1])
  assert.deepEqual(
    losses.map(({ error }) => error.code),
    ['spool_failed'],
  )
})

test('a publisher that never gives up can be closed', async (t) => {
  const server = await startTestServer(t)
  const folder = temporaryFolder(t)
  const retryPolicy = { maxStallMs: Number.POSITIVE_INFINITY }
  const publisher = new Publisher({ url: server.url, ...origin, retryPolicy, spool: openFileSpool(folder) })
  publisher.enqueue({ payload: { n: 0 } })
  await publisher.close()
  assert.deepEqual(readdirSync(folder), [])
})
