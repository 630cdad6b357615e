import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { EventStreamParser } from '../../src/client/event-stream-parser.ts'
import { ClientError, type Retry, tail } from '../../src/client/index.ts'
import { wireEvent } from '../support/events.ts'
import { startTestServer } from '../support/server.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { startCuttingProxy } from './cutting-proxy.ts'

const retryPolicy = { baseDelayMs: 1, maxDelayMs: 5 }

test('a block is read however the stream is cut into pieces', () => {
  const text =
    'retry: 1000\n: hello\nid: 7\n\nid: 8\nevent: event\ndata: {"a":\ndata:1}\n\n: beat\n\nevent: bye\r\ndata: {}\r\n\r\n'
  const whole = new EventStreamParser().push(text)
  assert.deepEqual(whole, [
    { id: '7', event: 'message', data: '' },
    { id: '8', event: 'event', data: '{"a":\n1}' },
    { id: undefined, event: 'bye', data: '{}' },
  ])
  const parser = new EventStreamParser()
  assert.deepEqual(
    [...text].flatMap((char) => parser.push(char)),
    whole,
  )
})

test('a tail gives what was stored before, then what comes, of the topics it asked for', async (t) => {
  const server = await startTestServer(t)
  await server.publish(wireEvent({ topic: 'orders.a' }), wireEvent({ topic: 'logs.a' }))
  const seen: unknown[] = []
  for await (const { topic, seq, payload } of tail({ url: server.url, topics: ['orders.*'], after: 0 })) {
    seen.push([topic, seq, payload])
    if (seen.length === 1) await server.publish(wireEvent({ topic: 'orders.b', payload: { n: 2 } }))
    else break
  }
  assert.deepEqual(seen, [
    ['orders.a', 1, { level: 'INFO', msg: 'hello' }],
    ['orders.b', 3, { n: 2 }],
  ])
})

test('a tail goes on after cut connections and a restart of the server, without a gap and without a repeat', async (t) => {
  const store = `sqlite:${join(temporaryFolder(t), 'tail.db')}`
  let server = await startTestServer(t, { store })
  const proxy = await startCuttingProxy(t, () => server.url)
  const seqs: number[] = []
  const publish = () => server.publish(...Array.from({ length: 10 }, () => wireEvent()))
  await publish()
  const retries: Retry[] = []
  const onRetry = (retry: Retry) => retries.push(retry)
  for await (const { seq } of tail({ url: proxy.url, after: 0, retryPolicy, onRetry })) {
    seqs.push(seq)
    if (seq === 4 || seq === 17) proxy.cut()
    if (seq === 10) await publish()
    if (seq === 20) {
      await server.close()
      server = await startTestServer(t, { store })
      await publish()
    }
    if (seq === 30) break
  }
  assert.deepEqual(
    seqs,
    Array.from({ length: 30 }, (_, index) => index + 1),
  )
  assert.ok(retries.length >= 2)
})

test('a tail that begins now loses nothing that comes after, whatever happens to its first connection', async (t) => {
  const server = await startTestServer(t)
  await server.publish(wireEvent())
  const proxy = await startCuttingProxy(t, () => server.url)
  const iterator = tail({ url: proxy.url, retryPolicy })
  const next = iterator.next()
  await proxy.streamed
  proxy.cut()
  await server.publish(wireEvent(), wireEvent())
  assert.equal((await next).value?.seq, 2)
  await iterator.return()
})

test('an aborted signal ends a tail without an error', async (t) => {
  const server = await startTestServer(t)
  // More than one, so that others have arrived with the one at which it is ended.
  for (let n = 0; n < 20; n++) await server.publish(wireEvent({ event_id: String(n) }))
  const controller = new AbortController()
  let events = 0
  for await (const _ of tail({ url: server.url, after: 0, signal: controller.signal })) {
    events++
    controller.abort()
  }
  assert.equal(events, 1)
})

test('a tail that the server refuses throws', async (t) => {
  const server = await startTestServer(t)
  const thrown = await tail({ url: server.url, topics: ['a.>.b'] })
    .next()
    .catch((error: unknown) => error)
  assert.ok(thrown instanceof ClientError)
  assert.deepEqual([thrown.code, thrown.status, thrown.problem.code], ['refused', 422, 'invalid_query'])
})
