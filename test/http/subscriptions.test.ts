import assert from 'node:assert/strict'
import { test } from 'node:test'
import { wireEvent } from '../support/events.ts'
import { assertProblem, pointersOf } from '../support/problem.ts'
import { startSubscriptionServer } from '../support/subscription-server.ts'

const secret = `whsec_${Buffer.alloc(24, 'k').toString('base64')}`
const push = { url: 'https://example.com/hook', secret }

test('PUT creates a subscription with the defaults of the contract', async (t) => {
  const server = await startSubscriptionServer(t)
  const answer = await server.put('orders', { topics: ['orders.>'] })
  assert.equal(answer.status, 201)
  const { created_at, ...state } = (await answer.json()) as Record<string, unknown>
  assert.deepEqual(state, {
    name: 'orders',
    topics: ['orders.>'],
    start: 'latest',
    lease_ms: 30_000,
    max_attempts: 5,
    push: null,
    position: 0,
    lag: 0,
    oldest_unacked_seconds: null,
    in_flight: 0,
    redelivered: 0,
    dead_letters: 0,
    acked: 0,
  })
  assert.equal(new Date(String(created_at)).toISOString(), created_at)
})

test('PUT is idempotent: 200 with the same settings, 409 with others', async (t) => {
  const server = await startSubscriptionServer(t)
  const body = { topics: ['a', 'b.*'], start: { seq: 3 }, lease_ms: 1000, max_attempts: 2, push }
  assert.equal((await server.put('s', body)).status, 201)
  assert.equal((await server.put('s', body)).status, 200)
  for (const other of [{ lease_ms: 1001 }, { topics: ['a'] }, { start: 'earliest' }, { push: undefined }]) {
    const problem = await assertProblem(await server.put('s', { ...body, ...other }), 409)
    assert.equal(problem.code, 'subscription_exists')
  }
})

for (const [start, seqs] of [
  ['earliest', [1, 2]],
  ['latest', []],
  [{ seq: 1 }, [2]],
  [{ time: '2000-01-01' }, [1, 2]],
  [{ time: '2999-01-01T00:00:00Z' }, []],
] as const) {
  test(`a subscription that starts at ${JSON.stringify(start)} is delivered ${seqs.length} of two events`, async (t) => {
    const server = await startSubscriptionServer(t)
    await server.publish(wireEvent(), wireEvent())
    await server.put('s', { topics: ['>'], start })
    assert.deepEqual(
      (await server.pull('s')).map(({ event }) => event.seq),
      seqs,
    )
  })
}

test('GET lists subscriptions by name and shows one; the push secret is never shown', async (t) => {
  const server = await startSubscriptionServer(t)
  await server.put('b', { topics: ['>'], push })
  await server.put('a', { topics: ['>'] })
  const text = await (await server.get('/subscriptions')).text()
  assert.deepEqual(
    JSON.parse(text).subscriptions.map(({ name }: { name: string }) => name),
    ['a', 'b'],
  )
  assert.equal((await server.getJson('/stats')).subscriptions, 2)
  assert.deepEqual((await server.state('b')).push, {
    url: push.url,
    concurrency: 1,
    has_secret: true,
    paused_reason: null,
  })
  const answers = [text, await (await server.get('/subscriptions/b')).text(), server.logLines.join('')]
  for (const answer of answers) assert.doesNotMatch(answer, new RegExp(secret.slice('whsec_'.length)))
})

test('DELETE removes a subscription; what names it is then 404', async (t) => {
  const server = await startSubscriptionServer(t)
  await server.put('s', { topics: ['>'] })
  const remove = () => server.get('/subscriptions/s', { method: 'DELETE' })
  const answer = await remove()
  assert.deepEqual([answer.status, await answer.text()], [204, ''])
  await assertProblem(await remove(), 404)
  await assertProblem(await server.get('/subscriptions/s'), 404)
  await assertProblem(await server.get('/subscriptions/s/dead-letters'), 404)
  for (const [action, body] of [
    ['pull', {}],
    ['ack', { leases: ['x'] }],
    ['nack', { leases: ['x'] }],
    ['extend', { leases: ['x'] }],
    ['seek', { seq: 0 }],
    ['dead-letters/redrive', {}],
    ['resume', undefined],
  ] as const) {
    assert.equal((await assertProblem(await server.call('s', action, body), 404)).code, 'not_found', action)
  }
})

test('409 when there are too many subscriptions', async (t) => {
  const server = await startSubscriptionServer(t, {}, { create: async () => 'too_many' })
  const problem = await assertProblem(await server.put('s', { topics: ['>'] }), 409)
  assert.equal(problem.code, 'too_many_subscriptions')
})

const wrongSettings: readonly (readonly [body: unknown, pointers: readonly string[]])[] = [
  [{}, ['/topics']],
  [[], ['']],
  ['x', ['']],
  [{ topics: [] }, ['/topics']],
  [{ topics: 'a' }, ['/topics']],
  [{ topics: ['a', 7] }, ['/topics/1']],
  [{ topics: Array(65).fill('a') }, ['/topics']],
  [{ topics: ['a.>.b', 'ok', 'x'.repeat(256)] }, ['/topics/0', '/topics/2']],
  [{ topics: ['>'], start: 'now' }, ['/start']],
  [{ topics: ['>'], start: null }, ['/start']],
  [{ topics: ['>'], start: { seq: -1 } }, ['/start']],
  [{ topics: ['>'], start: { seq: 1, time: '2026-01-01' } }, ['/start']],
  [{ topics: ['>'], start: { time: 'yesterday' } }, ['/start/time']],
  [{ topics: ['>'], lease_ms: '1000' }, ['/lease_ms']],
  [{ topics: ['>'], lease_ms: 99 }, ['/lease_ms']],
  [{ topics: ['>'], lease_ms: 43_200_001 }, ['/lease_ms']],
  [{ topics: ['>'], max_attempts: 0 }, ['/max_attempts']],
  [{ topics: ['>'], max_attempts: 1.5 }, ['/max_attempts']],
  [{ topics: ['>'], max_atempts: 3 }, ['/max_atempts']],
  [{ topics: ['>'], push: { url: 'https://example.com' } }, ['/push/secret']],
  [{ topics: ['>'], push: { ...push, method: 'PUT' } }, ['/push/method']],
  [{ topics: ['>'], push: { url: 'ftp://example.com', secret: 'hunter2' } }, ['/push/url', '/push/secret']],
  [{ topics: ['>'], push: { ...push, concurrency: 17 } }, ['/push/concurrency']],
  [{ topics: ['>'], push: { ...push, url: 'https://user:pass@example.com' } }, ['/push/url']],
  [{ topics: ['>'], push: { ...push, secret: 'whsec_c2hvcnQ=' } }, ['/push/secret']],
  [{ topics: ['>'], push: { ...push, secret: `whsec_${'*'.repeat(32)}` } }, ['/push/secret']],
]
for (const [body, pointers] of wrongSettings) {
  test(`422 naming ${pointers.join(', ') || 'the body'}: ${JSON.stringify(body).slice(0, 80)}`, async (t) => {
    const server = await startSubscriptionServer(t)
    const problem = await assertProblem(await server.put('s', body as object), 422)
    assert.equal(problem.code, 'invalid_body')
    assert.deepEqual(pointersOf(problem), pointers)
    assert.doesNotMatch(JSON.stringify(problem), /hunter2|c2hvcnQ/)
    assert.deepEqual((await server.getJson('/subscriptions')).subscriptions, [])
  })
}

test('422 for a name that is none', async (t) => {
  const server = await startSubscriptionServer(t)
  for (const name of ['a%20b', 'a%2Fb', 'ä', 'x'.repeat(129)]) {
    const problem = await assertProblem(await server.put(name, { topics: ['>'] }), 422)
    assert.deepEqual(pointersOf(problem), ['/name'])
  }
  assert.equal((await server.put(`A-z_0.${'x'.repeat(122)}`, { topics: ['>'] })).status, 201)
})

test('a push URL to a private address is refused, however it is written', async (t) => {
  const server = await startSubscriptionServer(t)
  for (const host of [
    '127.0.0.1',
    '2130706433',
    '0x7f.1',
    '0177.0.0.1',
    '127.1',
    '0',
    'localhost',
    'hooks.localhost.',
    '10.1.2.3',
    '169.254.169.254',
    '100.64.0.1',
    '[::1]',
    '[::]',
    '[::ffff:8.8.8.8]',
    '[fd00::1]',
    '[fe80::1]',
    '[64:ff9b::10.0.0.1]',
  ]) {
    const url = `http://${host}/hook`
    const problem = await assertProblem(await server.put('s', { topics: ['>'], push: { url, secret } }), 422)
    assert.deepEqual(pointersOf(problem), ['/push/url'], host)
  }
})

test('bodies: not JSON, not UTF-8, repeated fields, too deep, another type, too large', async (t) => {
  const server = await startSubscriptionServer(t)
  await server.put('s', { topics: ['>'] })
  const send = (body: NonNullable<RequestInit['body']>, type = 'application/json') =>
    server.call('s', 'pull', undefined, { body, headers: { 'content-type': type } })
  assert.equal((await assertProblem(await send('{'), 400)).code, 'invalid_json')
  assert.equal((await assertProblem(await send('{"max":1,"max":2}'), 400)).code, 'invalid_json')
  assert.equal((await assertProblem(await send(`${'['.repeat(65)}${']'.repeat(65)}`), 400)).code, 'invalid_json')
  assert.equal((await assertProblem(await send(new Uint8Array([0x22, 0xff, 0x22])), 400)).code, 'invalid_encoding')
  const other = await send('{}', 'application/x-ndjson')
  assert.equal(other.headers.get('accept'), 'application/json')
  assert.match((await assertProblem(other, 415)).detail, /must be application\/json$/)
  const form = await send('max=1', 'application/x-www-form-urlencoded')
  assert.match((await assertProblem(form, 415)).detail, /must be application\/json$/)
  assert.equal((await assertProblem(await send(' '.repeat(1024 * 1024 + 1)), 413)).code, 'body_too_large')
})

test('seek goes back and forth, and says exactly one place', async (t) => {
  const server = await startSubscriptionServer(t)
  await server.publish(wireEvent(), wireEvent(), wireEvent())
  await server.put('s', { topics: ['>'] })
  const seqsAfter = async (place: object) => {
    assert.equal((await server.call('s', 'seek', place)).status, 200)
    return (await server.pull('s')).map(({ event }) => event.seq)
  }
  assert.deepEqual(await seqsAfter({ seq: 1 }), [2, 3])
  assert.deepEqual(await seqsAfter({ start: 'earliest' }), [1, 2, 3])
  assert.deepEqual(await seqsAfter({ start: { seq: 2 } }), [3])
  assert.deepEqual(await seqsAfter({ start: 'latest' }), [])
  assert.deepEqual(await seqsAfter({ time: '2000-01-01T00:00:00Z' }), [1, 2, 3])
  for (const [body, pointer] of [
    [{}, ''],
    [{ seq: 1, start: 'earliest' }, ''],
    [{ time: 'soon' }, '/time'],
    [{ start: { time: 'soon' } }, '/start/time'],
    [{ seq: '1' }, '/seq'],
    [{ start: 'middle' }, '/start'],
  ] as const) {
    const problem = await assertProblem(await server.call('s', 'seek', body), 422)
    assert.deepEqual(pointersOf(problem), [pointer], JSON.stringify(body))
  }
})

test('dead letters: reason, pages, redrive of some and of all', async (t) => {
  const server = await startSubscriptionServer(t)
  await server.publish(wireEvent({ event_id: 'a' }), wireEvent({ event_id: 'b' }), wireEvent({ event_id: 'c' }))
  await server.put('s', { topics: ['>'], start: 'earliest', max_attempts: 1 })
  const nackAll = async () => {
    const leases = (await server.pull('s')).map(({ lease }) => lease)
    await server.call('s', 'nack', { leases, reason: 'cannot parse "it"' })
  }
  await nackAll()
  const first = await server.getJson('/subscriptions/s/dead-letters?limit=2')
  const ids = (page: { dead_letters: { event: { event_id: string } }[] }) =>
    page.dead_letters.map(({ event }) => event.event_id)
  assert.deepEqual(ids(first), ['a', 'b'])
  assert.deepEqual([first.dead_letters[0].attempts, first.dead_letters[0].reason], [1, 'cannot parse "it"'])
  assert.equal(new Date(first.dead_letters[0].at).toISOString(), first.dead_letters[0].at)
  const second = await server.getJson(`/subscriptions/s/dead-letters?cursor=${first.next_cursor}`)
  assert.deepEqual([ids(second), second.next_cursor], [['c'], null])
  await assertProblem(await server.get('/subscriptions/s/dead-letters?cursor=x'), 422)
  assert.equal((await server.state('s')).dead_letters, 3)
  assert.deepEqual(await (await server.call('s', 'dead-letters/redrive', { seqs: [2, 99] })).json(), { redriven: 1 })
  const [again] = await server.pull('s')
  assert.deepEqual([again?.event.event_id, again?.attempt], ['b', 1])
  // As curl -X POST sends it: no body, no type.
  assert.deepEqual(await (await server.call('s', 'dead-letters/redrive')).json(), { redriven: 2 })
  await nackAll()
  assert.equal((await server.state('s')).dead_letters, 2)
})
