/** Pushes of a real server to real receivers on loopback. */
import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { type TestContext, test } from 'node:test'
import { verifyWebhook } from '../../src/client/webhook-verify.ts'
import { systemClock } from '../../src/core/clock.ts'
import { wireEvent } from '../support/events.ts'
import type { ServerOverOptions } from '../support/server-over.ts'
import { type SubscriptionServer, startSubscriptionServer } from '../support/subscription-server.ts'
import { startReceiver, type WebhookReceiver } from '../support/webhook-receiver.ts'

const secret = `whsec_${Buffer.from('0123456789abcdefghijklmn').toString('base64')}`
const earliest = { topics: ['>'], start: 'earliest' }

interface Pushing extends SubscriptionServer {
  /** How long each wait before another attempt was to be. */
  readonly sleeps: readonly number[]
  /** Resolves when the state of `s` is as asked for. */
  // biome-ignore lint/suspicious/noExplicitAny: tests assert on what they read
  until(is: (state: any) => boolean): Promise<any>
}

/** A server that pushes to loopback and does not wait between attempts; the jitter is all of its bound. */
async function startPushing(t: TestContext, options: Partial<ServerOverOptions> = {}): Promise<Pushing> {
  const sleeps: number[] = []
  const server = await startSubscriptionServer(t, {
    isPrivatePushAllowed: true,
    ...options,
    surroundings: {
      random: () => 1,
      sleep: async (ms) => void sleeps.push(ms),
      ...options.surroundings,
    },
  })
  return {
    ...server,
    sleeps,
    async until(is) {
      for (;;) {
        const state = await server.state('s')
        if (is(state)) return state
      }
    },
  }
}

function pushTo(server: SubscriptionServer, { url }: Pick<WebhookReceiver, 'url'>, settings: object = {}) {
  return server.put('s', { ...earliest, ...settings, push: { url, secret } })
}

function pushConcurrently(server: SubscriptionServer, { url }: WebhookReceiver, concurrency: number) {
  return server.put('s', { ...earliest, push: { url, secret, concurrency } })
}

test('a batch is posted as a pull would answer it, signed, and acked by a 2xx', async (t) => {
  const receiver = await startReceiver(t, 204)
  const server = await startPushing(t)
  await server.publish(wireEvent({ event_id: 'a' }), wireEvent({ event_id: 'b' }))
  await pushTo(server, receiver)
  const { path, headers, body } = await receiver.next()
  assert.equal(path, '/hook')
  assert.equal(headers['content-type'], 'application/json')
  assert.match(headers['webhook-id'] as string, /^msg_[\w-]+$/)
  assert.ok(Math.abs(Number(headers['webhook-timestamp']) - Date.now() / 1000) < 60)
  assert.ok(verifyWebhook(secret, headers, body))
  assert.ok(!verifyWebhook(secret, headers, body.replace('"a"', '"c"')))
  const { deliveries } = JSON.parse(body)
  assert.deepEqual(Object.keys(deliveries[0]), ['lease', 'attempt', 'lease_expires_at', 'event'])
  assert.deepEqual(
    deliveries.map(({ event }: { event: { event_id: string } }) => event.event_id),
    ['a', 'b'],
  )
  const state = await server.until(({ acked }) => acked === 2)
  assert.deepEqual([state.lag, state.redelivered, state.dead_letters], [0, 0, 0])
})

test('what is published later is pushed when it is committed', async (t) => {
  const receiver = await startReceiver(t, 200)
  const server = await startPushing(t)
  await pushTo(server, receiver)
  for (const seq of [1, 2]) {
    await server.publish(wireEvent())
    assert.deepEqual((await receiver.next()).seqs, [seq])
  }
})

test('one request at a time, of at most 100 events', async (t) => {
  let underWay = 0
  let most = 0
  const receiver = await startReceiver(t, (response) => {
    most = Math.max(most, ++underWay)
    setImmediate(() => {
      underWay--
      response.writeHead(200).end('thanks')
    })
  })
  const server = await startPushing(t)
  await server.publish(...Array.from({ length: 250 }, () => wireEvent()))
  await pushTo(server, receiver)
  await server.until(({ acked }) => acked === 250)
  assert.equal(most, 1)
  assert.deepEqual(
    receiver.received.map(({ seqs }) => seqs.length),
    [100, 100, 50],
  )
})

test('as many requests at a time as the subscription says, each with events of its own', async (t) => {
  const held: ServerResponse[] = []
  const receiver = await startReceiver(t, (response) => void held.push(response))
  const server = await startPushing(t)
  await server.publish(...Array.from({ length: 500 }, () => wireEvent()))
  await pushConcurrently(server, receiver, 3)
  while (held.length < 3) await receiver.next()
  assert.equal((await server.state('s')).in_flight, 300)
  while (held.length > 0 || (await server.state('s')).acked < 500) {
    for (const response of held.splice(0)) response.writeHead(204).end()
  }
  const seqs = receiver.received.flatMap((push) => push.seqs)
  assert.deepEqual([seqs.length, new Set(seqs).size], [500, 500])
})

test('a pause ends all requests of a subscription, and a resume begins as many anew', async (t) => {
  const receiver = await startReceiver(t, 410, 410, (response) => void response.writeHead(204).end())
  const server = await startPushing(t)
  await server.publish(...Array.from({ length: 150 }, () => wireEvent()))
  await pushConcurrently(server, receiver, 2)
  await server.until(({ push: { paused_reason } }) => paused_reason !== null)
  while ((await server.call('s', 'resume')).status === 200 && (await server.state('s')).acked < 150);
  const seqs = receiver.received.slice(2).flatMap((push) => push.seqs)
  assert.equal(new Set(seqs).size, 150)
})

test('a batch of large events is split into requests of about 1 MiB', async (t) => {
  const receiver = await startReceiver(t, 204)
  const server = await startPushing(t)
  const payload = { text: 'x'.repeat(400_000) }
  await server.publish(...Array.from({ length: 5 }, () => wireEvent({ payload })))
  await server.publish(wireEvent({ payload: { text: 'x'.repeat(2_000_000) } }))
  await pushTo(server, receiver)
  await server.until(({ acked }) => acked === 6)
  assert.deepEqual(
    receiver.received.map(({ seqs }) => seqs),
    [[1, 2], [3, 4], [5], [6]],
  )
})

test('a receiver that answers 500 gets the event again; while it fails, one event is risked at a time', async (t) => {
  const receiver = await startReceiver(t, 500, 500, 200)
  const server = await startPushing(t)
  await server.publish(wireEvent(), wireEvent(), wireEvent(), wireEvent())
  await pushTo(server, receiver)
  await server.until(({ acked }) => acked === 4)
  assert.deepEqual(
    receiver.received.map(({ seqs }) => seqs),
    [[1, 2, 3, 4], [1], [1], [2, 3], [4]],
  )
  const ids = receiver.received.map(({ headers }) => headers['webhook-id'])
  assert.equal(ids[1], ids[2], 'the same message keeps its id')
  assert.equal(new Set(ids).size, 4)
  assert.deepEqual(server.sleeps, [1000, 2000])
  for (const { headers, body } of receiver.received) assert.ok(verifyWebhook(secret, headers, body))
})

test('an event that the receiver never takes becomes a dead letter with the reason, and the rest go on', async (t) => {
  const receiver = await startReceiver(t, (response) => {
    const { seqs } = receiver.received.at(-1) ?? assert.fail()
    response.writeHead(seqs.includes(2) ? 422 : 200).end('<secret of the receiver>')
  })
  const server = await startPushing(t)
  await server.publish(wireEvent(), wireEvent(), wireEvent())
  await pushTo(server, receiver)
  await server.until(({ acked, dead_letters }) => acked === 2 && dead_letters === 1)
  const { dead_letters } = await server.getJson('/subscriptions/s/dead-letters')
  assert.deepEqual(
    [dead_letters[0].event.seq, dead_letters[0].attempts, dead_letters[0].reason],
    [2, 5, 'the receiver answered 422'],
  )
})

for (const status of [429, 503]) {
  test(`Retry-After of a ${status} is honoured, up to an hour, and jitter is added`, async (t) => {
    const say = (value: string) => (response: ServerResponse) =>
      response.writeHead(status, { 'retry-after': value }).end()
    const date = new Date(Math.ceil(Date.now() / 1000) * 1000 + 90_000).toUTCString()
    const receiver = await startReceiver(t, say('7'), say('999999999'), say(date), say('soon'), 200)
    const server = await startPushing(t)
    await server.publish(wireEvent())
    await pushTo(server, receiver, { max_attempts: 10 })
    await server.until(({ acked }) => acked === 1)
    const [seconds, bounded, byDate = 0, none] = server.sleeps
    assert.deepEqual([seconds, bounded, none], [7000 + 1000, 3_600_000 + 2000, 8000])
    assert.ok(byDate > 30_000 + 4000 && byDate <= 91_000 + 4000, `${byDate}`)
  })
}

test('a 410 pauses the subscription, visibly; resume pushes again', async (t) => {
  const receiver = await startReceiver(t, 410, 204)
  const server = await startPushing(t)
  await server.publish(wireEvent())
  await pushTo(server, receiver)
  const state = await server.until(({ push }) => push.paused_reason !== null)
  assert.equal(state.push.paused_reason, 'the receiver answered 410: it wants no more')
  assert.equal(state.acked, 0)
  assert.deepEqual(server.sleeps, [])
  assert.ok(server.logLines.some((line) => /paused/.test(line)))
  await server.publish(wireEvent())
  const resumed = await server.call('s', 'resume')
  assert.equal(((await resumed.json()) as { push: { paused_reason: null } }).push.paused_reason, null)
  await server.until(({ acked }) => acked === 2)
})

test('24 hours of nothing but failures pause the subscription', async (t) => {
  let hours = 0
  const clock = { nowMs: () => hours * 3_600_000, monotonicMs: systemClock.monotonicMs }
  const receiver = await startReceiver(t, 500)
  const sleep = async () => {
    hours += 6
  }
  const server = await startPushing(t, { clock, surroundings: { sleep } })
  await server.publish(wireEvent())
  await pushTo(server, receiver)
  const { push } = await server.until(({ push }) => push.paused_reason !== null)
  assert.equal(push.paused_reason, 'nothing but failures for 24 hours: the receiver answered 500')
  assert.equal(receiver.received.length, 5)
})

test('the 24 hours go on over a restart, and end with a push that is accepted', async (t) => {
  let hours = 0
  const clock = { nowMs: () => hours * 3_600_000, monotonicMs: systemClock.monotonicMs }
  const receiver = await startReceiver(t, 500, 204, 500, 500)
  const stopped = Promise.withResolvers<void>()
  const waits: (() => void)[] = []
  const sleep = (_: number, signal: AbortSignal) =>
    new Promise<void>((resolve) => {
      waits.push(resolve)
      signal.addEventListener('abort', () => resolve(stopped.resolve()))
    })
  const first = await startPushing(t, { clock, surroundings: { sleep } })
  await first.publish(wireEvent())
  await pushTo(first, receiver)
  const failingSinceMs = async () => (await first.subscriptionStore.find('s'))?.failingSinceMs
  while (waits.length === 0) await new Promise(setImmediate)
  assert.equal(await failingSinceMs(), 0)
  hours = 23
  waits.shift()?.()
  await first.until(({ acked }) => acked === 1)
  while ((await failingSinceMs()) !== undefined) await new Promise(setImmediate)
  await first.publish(wireEvent())
  while (waits.length === 0) await new Promise(setImmediate)
  await first.close()
  await stopped.promise
  assert.equal(await failingSinceMs(), 23 * 3_600_000)
  hours = 23 + 24
  const options = { clock, isPrivatePushAllowed: true, surroundings: { sleep } }
  const second = await startSubscriptionServer(t, options, first.subscriptionStore)
  let reason = null
  while (reason === null) reason = (await second.state('s')).push.paused_reason
  assert.equal(reason, 'nothing but failures for 24 hours: the receiver answered 500')
  assert.equal(receiver.received.length, 4)
})

test('a redirect is not followed', async (t) => {
  const target = await startReceiver(t, 200)
  const receiver = await startReceiver(t, (response) => response.writeHead(307, { location: target.url }).end())
  const server = await startPushing(t)
  await server.publish(wireEvent())
  await pushTo(server, receiver, { max_attempts: 1 })
  await server.until(({ dead_letters }) => dead_letters === 1)
  const { dead_letters } = await server.getJson('/subscriptions/s/dead-letters')
  assert.equal(dead_letters[0].reason, 'the receiver answered 307, a redirect, which is not followed')
  assert.equal(target.received.length, 0)
})

test('a receiver that does not answer in time has failed', async (t) => {
  const receiver = await startReceiver(t, () => {}, 200)
  const server = await startPushing(t, { surroundings: { attemptTimeoutMs: 50 } })
  await server.publish(wireEvent())
  await pushTo(server, receiver)
  await (await receiver.next()).abandoned
  // On a busy machine the second answer may be late as well.
  const state = await server.until(({ acked }) => acked === 1)
  assert.ok(state.redelivered >= 1)
  assert.ok(server.logLines.some((line) => /no answer in 0.05 s/.test(line)))
})

test('a receiver has no longer to answer than the lease lasts', async (t) => {
  const receiver = await startReceiver(t, () => {}, 200)
  const server = await startPushing(t)
  await server.publish(wireEvent())
  await pushTo(server, receiver, { lease_ms: 100 })
  await server.until(({ acked }) => acked === 1)
})

test('an answer that never ends is cut off, and its status stands', async (t) => {
  let cut = Promise.resolve()
  const receiver = await startReceiver(t, (response) => {
    response.writeHead(200)
    const timer = setInterval(() => response.write('x'.repeat(32 * 1024)), 1)
    cut = new Promise((resolve) => response.on('close', () => resolve(clearInterval(timer))))
  })
  const server = await startPushing(t)
  await server.publish(wireEvent())
  await pushTo(server, receiver)
  await server.until(({ acked }) => acked === 1)
  await cut
})

test('a receiver that switches protocols has failed: the push goes on, and the server can close', async (t) => {
  const switching = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n'
  const receiver = await startReceiver(t, (response) => response.socket?.write(switching), 204)
  const server = await startPushing(t)
  await server.publish(wireEvent())
  await pushTo(server, receiver)
  await server.until(({ acked }) => acked === 1)
  assert.ok(server.logLines.some((line) => /closed without an answer/.test(line)))
})

test('a receiver that cannot be reached has failed', async (t) => {
  const server = await startPushing(t)
  await server.publish(wireEvent())
  await pushTo(server, { url: 'http://127.0.0.1:1/' }, { max_attempts: 2 })
  await server.until(({ dead_letters }) => dead_letters === 1)
  const { dead_letters } = await server.getJson('/subscriptions/s/dead-letters')
  assert.match(dead_letters[0].reason, /ECONNREFUSED/)
})

for (const addresses of [['127.0.0.1'], ['8.8.8.8', '127.0.0.1'], ['::1'], ['::ffff:127.0.0.1'], ['169.254.169.254']]) {
  test(`a name that resolves to ${addresses.join(' and ')} is not connected to`, async (t) => {
    const receiver = await startReceiver(t, 200)
    const server = await startPushing(t, {
      isPrivatePushAllowed: false,
      surroundings: {
        resolveHost: async () => addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
      },
    })
    await server.publish(wireEvent())
    const url = receiver.url.replace('127.0.0.1', 'rebind.example.com')
    assert.equal((await pushTo(server, { url }, { max_attempts: 1 })).status, 201)
    await server.until(({ dead_letters }) => dead_letters === 1)
    const { dead_letters } = await server.getJson('/subscriptions/s/dead-letters')
    assert.equal(dead_letters[0].reason, 'rebind.example.com must not lead to a private address')
    assert.equal(receiver.received.length, 0)
  })
}

test('the connection goes to the address that was checked, and the name is asked for once an attempt', async (t) => {
  const receiver = await startReceiver(t, 500, 200)
  const asked: string[] = []
  const resolveHost = async (name: string) => {
    asked.push(name)
    return [{ address: '127.0.0.1', family: 4 }]
  }
  const server = await startPushing(t, { surroundings: { resolveHost } })
  await server.publish(wireEvent())
  await pushTo(server, { url: receiver.url.replace('127.0.0.1', 'receiver.invalid') })
  await server.until(({ acked }) => acked === 1)
  assert.deepEqual(asked, ['receiver.invalid', 'receiver.invalid'])
  assert.match(receiver.received[0]?.headers.host ?? '', /^receiver\.invalid:\d+$/)
})

test('pushes of a subscription end when it is removed', async (t) => {
  const receiver = await startReceiver(t, () => {})
  const server = await startPushing(t)
  await server.publish(wireEvent())
  await pushTo(server, receiver)
  const push = await receiver.next()
  await server.get('/subscriptions/s', { method: 'DELETE' })
  await push.abandoned
  assert.equal(server.pushes.size, 0)
})

test('a server that closes ends the request under way and acks nothing of it; the next one pushes again', async (t) => {
  const receiver = await startReceiver(t, () => {}, 200)
  const server = await startPushing(t)
  await server.publish(wireEvent())
  await pushTo(server, receiver)
  const push = await receiver.next()
  await server.close()
  await push.abandoned
  const state = await server.subscriptionStore.find('s')
  assert.deepEqual([state?.acked, state?.inFlight, state?.lag], [0, 0, 1])
  const next = await startSubscriptionServer(t, { isPrivatePushAllowed: true }, server.subscriptionStore)
  assert.deepEqual((await receiver.next()).seqs, [1])
  while ((await next.state('s')).acked !== 1);
})

test('the secret is in no answer, no log and no metric, whatever fails', async (t) => {
  const receiver = await startReceiver(t, 500, 200)
  const server = await startPushing(t)
  await server.publish(wireEvent())
  await pushTo(server, receiver)
  await server.until(({ acked }) => acked === 1)
  const metrics = await (await server.get('/metrics')).text()
  const texts = [server.logLines.join(''), metrics, await (await server.get('/subscriptions')).text()]
  for (const text of texts) assert.ok(!text.includes(secret.slice(6)))
  assert.match(metrics, /^sekali_pushes_total\{result="failed"\} 1$/m)
  assert.match(metrics, /^sekali_pushes_total\{result="accepted"\} 1$/m)
})
