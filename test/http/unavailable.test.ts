import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../../src/core/clock.ts'
import { AppError } from '../../src/core/errors.ts'
import { openMemoryEventStore } from '../../src/stores/memory/memory-event-store.ts'
import { wireEvent } from '../support/events.ts'
import { openHeldStore } from '../support/held-store.ts'
import { assertProblem } from '../support/problem.ts'
import { httpChunk, openRawConnection, requestHead } from '../support/raw-http.ts'
import { startServerOver, storeWith } from '../support/server-over.ts'

for (const code of ['disk_full', 'store_unavailable', 'store_failed'] as const) {
  test(`503: a commit that fails with ${code}; nothing is acknowledged`, async (t) => {
    const held = openHeldStore()
    const server = await startServerOver(t, held)
    const answers = [server.publish(wireEvent()), server.publish(wireEvent(), wireEvent())]
    const settled = Promise.all(answers)
    let failed = 0
    while (failed < 3) {
      const append = await Promise.race([held.nextAppend(), settled.then(() => undefined)])
      if (append === undefined) break
      failed += append.events.length
      append.fail(new AppError(code, 'the reason'))
    }
    for (const answer of await settled) {
      const problem = await assertProblem(answer, 503)
      assert.deepEqual([problem.code, problem.detail], [code, 'the reason'])
    }
    assert.equal((await server.getJson('/stats')).received, 0)
  })
}

test('503: an error that the store did not foresee; the retry succeeds', async (t) => {
  const held = openHeldStore()
  const server = await startServerOver(t, held)
  const event = wireEvent()
  const first = server.publish(event)
  ;(await held.nextAppend()).fail(new Error('unforeseen'))
  await assertProblem(await first, 503)
  const retry = server.publish(event)
  ;(await held.nextAppend()).commit()
  assert.equal((await retry).status, 202)
})

test('503: the queue is full and stays full; what waits inside is not lost, and it heals', async (t) => {
  const held = openHeldStore()
  const server = await startServerOver(t, { store: held.store, queueCapacityEvents: 2, maxWaitMs: 20 })
  const inCommit = server.publish(wireEvent())
  const commit = await held.nextAppend()
  const inQueue = server.publish(wireEvent(), wireEvent())
  while (server.queue.size < 2) await server.get('/livez')
  const problem = await assertProblem(await server.publish(wireEvent()), 503)
  assert.equal(problem.code, 'queue_full')
  commit.commit()
  ;(await held.nextAppend()).commit()
  assert.deepEqual([(await inCommit).status, (await inQueue).status], [202, 202])
  const healed = server.publish(wireEvent())
  ;(await held.nextAppend()).commit()
  assert.equal((await healed).status, 202)
  assert.equal((await server.getJson('/stats')).received, 4)
})

test('a publish that waits for room is answered 202 when there is room in time', async (t) => {
  const held = openHeldStore()
  const server = await startServerOver(t, { store: held.store, queueCapacityEvents: 1 })
  const answers = [server.publish(wireEvent())]
  const first = await held.nextAppend()
  answers.push(server.publish(wireEvent()), server.publish(wireEvent()))
  first.commit()
  for (let group = 0; group < 2; group++) (await held.nextAppend()).commit()
  for (const answer of await Promise.all(answers)) assert.equal(answer.status, 202)
})

test('503: while draining, everything but the probes; the connection is closed', async (t) => {
  const server = await startServerOver(t, { store: openMemoryEventStore({ clock: systemClock }) })
  server.readiness.startDraining()
  for (const answer of [
    await server.publish(wireEvent()),
    await server.get('/events'),
    await server.get('/stats'),
    await server.get('/nothing'),
  ]) {
    assert.equal(answer.headers.get('connection'), 'close')
    assert.equal((await assertProblem(answer, 503)).code, 'draining')
  }
})

test('a publish whose body has begun before draining is still committed and answered', async (t) => {
  const server = await startServerOver(t, { store: openMemoryEventStore({ clock: systemClock }) })
  const body = JSON.stringify(wireEvent())
  const connection = await openRawConnection(server.url)
  const headers = { 'content-type': 'application/x-ndjson', 'transfer-encoding': 'chunked' }
  await connection.write(requestHead('POST /publish', headers) + httpChunk(`${body}\n`))
  while ((await server.getJson('/stats')).received === 0);
  server.readiness.startDraining()
  await connection.write(httpChunk(JSON.stringify(wireEvent())))
  await connection.write(httpChunk(''))
  const answer = await connection.response()
  assert.deepEqual([answer.status, answer.headers.connection], [202, 'close'])
  assert.equal(JSON.parse(answer.body).unique, 2)
  await connection.closed
})

test('503: a store that cannot be read', async (t) => {
  const fail = () => Promise.reject(new AppError('store_unavailable', 'the reader is gone'))
  const memory = openMemoryEventStore({ clock: systemClock })
  const calls = { findEvent: fail, readEvents: fail, readDuplicates: fail, readTopics: fail, stats: fail }
  const server = await startServerOver(t, { store: storeWith(memory, calls) })
  for (const path of ['/events', '/events/a/b', '/duplicates', '/topics', '/stats']) {
    assert.equal((await assertProblem(await server.get(path), 503)).code, 'store_unavailable', path)
  }
})

test('the metrics of a store that cannot be read are left out, and the others told', async (t) => {
  const memory = openMemoryEventStore({ clock: systemClock })
  const fail = () => Promise.reject(new AppError('store_unavailable', 'the reader is gone'))
  const server = await startServerOver(t, { store: storeWith(memory, { stats: fail }) })
  const answer = await server.get('/metrics')
  assert.equal(answer.status, 200)
  const text = await answer.text()
  assert.match(text, /^sekali_store_readable 0$/m)
  assert.match(text, /^sekali_queue_events 0$/m)
})

test('reading goes on while commits fail', async (t) => {
  const memory = openMemoryEventStore({ clock: systemClock })
  let isFull = false
  const store = storeWith(memory, {
    append: (events) => (isFull ? Promise.reject(new AppError('disk_full', 'no room')) : memory.append(events)),
  })
  const server = await startServerOver(t, { store })
  const event = wireEvent()
  assert.equal((await server.publish(event)).status, 202)
  isFull = true
  await assertProblem(await server.publish(wireEvent()), 503)
  assert.equal((await server.getJson('/events')).total, 1)
  isFull = false
  assert.equal((await server.publish(wireEvent())).status, 202)
})
