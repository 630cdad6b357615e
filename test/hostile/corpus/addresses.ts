/** Addresses, queries and small bodies: clamped, understood, or refused by the name of what is wrong. */
import { requestHead } from '../../support/raw-http.ts'
import {
  type Answer,
  type Bytes,
  type Entry,
  invalidBody,
  invalidQuery,
  nested,
  notFound,
  notJson,
  notUtf8,
  type Refusal,
  tooLarge,
  withBody,
} from './entry.ts'

const ok: Answer = { status: 200 }
const malformedAddress: Refusal = { status: 400, code: 'invalid_request' }
const far = '9'.repeat(400)

/** A cursor as a server makes it, with what this one would never put into it. */
function forged(...parts: readonly unknown[]): string {
  return Buffer.from(JSON.stringify(parts)).toString('base64url')
}

const asked: readonly (readonly [string, Refusal | Answer])[] = [
  ['/events?limit=1000000000', ok],
  [`/events?limit=${far}`, ok],
  ['/events?limit=-1e400', invalidQuery('limit')],
  ['/events?limit=0', invalidQuery('limit')],
  ['/events?limit=-1', invalidQuery('limit')],
  ['/events?limit=1e3', ok],
  ['/events?limit=0x10', ok],
  ['/events?limit=1.5', invalidQuery('limit')],
  ['/events?limit=NaN', invalidQuery('limit')],
  ['/events?limit=', invalidQuery('limit')],
  ['/events?limit=1&limit=2', invalidQuery('limit')],
  ['/events?topic=a&topic=b', invalidQuery('topic')],
  ['/events?__proto__=1', invalidQuery('__proto__')],
  ['/events?constructor=1', invalidQuery('constructor')],
  ['/events?topic=__proto__', ok],
  ['/events?topic=%00', ok],
  ['/events?topic=%ff', ok],
  ["/events?topic=a'--&source=%22;drop%20table%20events", ok],
  ['/events?q=%25_%25', ok],
  [`/events?q=${'a'.repeat(1001)}`, invalidQuery('q')],
  ['/events?from=9999-12-31T23:59:59Z&to=0000-01-01', ok],
  ['/events?from=tomorrow', invalidQuery('from')],
  ['/events?to=2026-13-01', invalidQuery('to')],
  ['/events?order=random', invalidQuery('order')],
  ['/events?cursor=%00', invalidQuery('cursor')],
  [`/events?cursor=${forged('desc', 1e300, 0)}`, invalidQuery('cursor')],
  [`/events?cursor=${forged('desc', -1, 0)}`, invalidQuery('cursor')],
  [`/events?cursor=${forged('asc', 1, 0)}`, invalidQuery('cursor')],
  [`/events?cursor=${forged('desc', { valueOf: 1 }, [])}`, invalidQuery('cursor')],
  [`/events?cursor=${forged('desc', Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)}`, ok],
  ['/events/%ff/a', malformedAddress],
  ['/events/%zz/a', malformedAddress],
  ['/events/a/%00', notFound],
  ['/events/__proto__/constructor', notFound],
  [`/events/${'%F0%9F%98%80'.repeat(255)}/a`, notFound],
  [`/events/${'a'.repeat(4000)}/a`, { status: 414, code: 'uri_too_long' }],
  ['/events/stream?after=-1', invalidQuery('after')],
  ['/events/stream?after=9007199254740992', invalidQuery('after')],
  ['/events/stream?after=1&after=2', invalidQuery('after')],
  ['/events/stream?topic=%00', invalidQuery('topic')],
  ['/events/stream?topic=a.%3E.b', invalidQuery('topic')],
  [`/events/stream?${'topic=a&'.repeat(65)}`, invalidQuery('topic')],
  ['/events/histogram?width_ms=1&from=0000-01-01&to=9999-12-31', invalidQuery('width_ms')],
  ['/events/histogram?width_ms=0', invalidQuery('width_ms')],
  [`/events/histogram?width_ms=${far}`, invalidQuery('width_ms')],
  ['/events/histogram?buckets=1000000000', invalidQuery('buckets')],
  ['/events/histogram?buckets=1e400&from=2026-01-01&to=2026-01-02', invalidQuery('buckets')],
  ['/events/histogram?buckets=Infinity', invalidQuery('buckets')],
  ['/events/histogram?from=0000-01-01&to=9999-12-31&by=topic', ok],
  ['/events/histogram?by=payload', invalidQuery('by')],
  ['/rates?from=2026-01-02&to=2026-01-01', invalidQuery('from')],
  ['/rates?from=0000-01-01&to=9999-12-31', ok],
  ['/rates?width_s=10&from=0000-01-01&to=9999-12-31', invalidQuery('width_s')],
  ['/rates?limit=1000000000&by=topic', invalidQuery('limit')],
  ['/rates?limit=1e400&by=topic', invalidQuery('limit')],
  ['/rates?width_s=1e400', invalidQuery('width_s')],
  ['/rates?name=a', invalidQuery('name')],
  [
    '/rates?by=topic&name=__proto__&name=constructor',
    { status: 200, body: /"name":"__proto__".*"name":"constructor"/ },
  ],
  [`/rates?by=topic&${'name=a&'.repeat(200)}`, invalidQuery('name')],
  ['/duplicates?limit=1000000000', ok],
  ['/duplicates?event_id=a', invalidQuery('event_id')],
  ['/duplicates?conflict=maybe', invalidQuery('conflict')],
  [`/duplicates?cursor=${forged('duplicates', 1.5)}`, invalidQuery('cursor')],
  ['/duplicates/copies', invalidQuery('seq')],
  ['/duplicates/copies?seq=0', invalidQuery('seq')],
  ['/duplicates/copies?seq=1e400', invalidQuery('seq')],
  ['/duplicates/copies?seq=9007199254740991', ok],
  [`/duplicates/copies?${'seq=1&'.repeat(1001)}`, invalidQuery('seq')],
  ['/duplicates/events?limit=1000000000&sort=spread', ok],
  ['/duplicates/events?sort=__proto__', invalidQuery('sort')],
  [`/duplicates/events?cursor=${forged('summary', 'events conflicts', 9e15, 9e15)}`, ok],
  ['/duplicates/sources?limit=0', invalidQuery('limit')],
  ['/system?verbose=1', invalidQuery('verbose')],
  ['/subscriptions?limit=1', invalidQuery('limit')],
  ['/subscriptions/__proto__', notFound],
  ['/subscriptions/constructor/dead-letters', notFound],
  ['/subscriptions/hostile/dead-letters?limit=1000000000', ok],
  [`/subscriptions/hostile/dead-letters?cursor=${forged('dead', -1)}`, invalidQuery('cursor')],
]

const forgedIds: readonly (readonly [string, Refusal])[] = [
  ['abc', invalidQuery('last-event-id')],
  ['-1', invalidQuery('last-event-id')],
  ['1e3', invalidQuery('last-event-id')],
  ['9007199254740992', invalidQuery('last-event-id')],
  [far, invalidQuery('last-event-id')],
  ['1\u0085', invalidQuery('last-event-id')],
]

/** For a subscription named `hostile`. */
const small: readonly (readonly [string, Bytes, Refusal | Answer])[] = [
  ['PUT /subscriptions/hostile', nested(65), { status: 400, code: 'invalid_json', pointer: '' }],
  [
    'PUT /subscriptions/hostile',
    '{"topics":[">"],"topics":[">"]}',
    { status: 400, code: 'invalid_json', pointer: '/topics' },
  ],
  ['PUT /subscriptions/hostile', `{"topics":${nested(64)}}`, { status: 400, code: 'invalid_json', pointer: '/topics' }],
  ['PUT /subscriptions/hostile', '{"topics":[">"],"__proto__":{"start":"earliest"}}', invalidBody('/__proto__')],
  ['PUT /subscriptions/hostile', '{"topics":["\\ud800"]}', invalidBody('/topics/0')],
  ['PUT /subscriptions/hostile', '{"topics":["\\u0000"]}', invalidBody('/topics/0')],
  ['PUT /subscriptions/hostile', '{"topics":[">"],"start":{"seq":1e400}}', invalidBody('/start')],
  ['PUT /subscriptions/%00', '{"topics":[">"]}', invalidBody('/name')],
  ['PUT /subscriptions/..%2f..', '{"topics":[">"]}', invalidBody('/name')],
  ['POST /subscriptions/hostile/pull', '\ufeff{}', notJson],
  ['POST /subscriptions/hostile/pull', Buffer.of(0x22, 0xff, 0x22), notUtf8],
  ['POST /subscriptions/hostile/pull', '{"max":1000000000}', invalidBody('/max')],
  ['POST /subscriptions/hostile/pull', '{"max":"1"}', invalidBody('/max')],
  ['POST /subscriptions/hostile/pull', '{"wait_ms":1e9}', invalidBody('/wait_ms')],
  ['POST /subscriptions/hostile/pull', '[]', invalidBody('')],
  ['POST /subscriptions/hostile/pull', 'null', invalidBody('')],
  ['POST /subscriptions/hostile/pull', ' '.repeat(1024 * 1024 + 1), tooLarge],
  ['POST /subscriptions/__proto__/pull', '{}', notFound],
  ['POST /subscriptions/hostile/ack', '{"leases":[]}', invalidBody('/leases')],
  ['POST /subscriptions/hostile/ack', `{"leases":[${Array(10_001).fill('"a"').join(',')}]}`, invalidBody('/leases')],
  ['POST /subscriptions/hostile/ack', `{"leases":["${'a'.repeat(257)}"]}`, invalidBody('/leases/0')],
  [
    'POST /subscriptions/hostile/ack',
    '{"leases":["\\u0000","\\ud800","__proto__"]}',
    { status: 200, body: /^\{"acked":0/ },
  ],
  ['POST /subscriptions/hostile/ack', `{"leases":["${forged('hostile', 1, 1)}"]}`, { status: 200, body: /"unknown"/ }],
  ['POST /subscriptions/hostile/nack', '{"leases":["a"],"delay_ms":-1}', invalidBody('/delay_ms')],
  ['POST /subscriptions/hostile/nack', '{"leases":["a"],"delay_ms":1e300}', invalidBody('/delay_ms')],
  [
    'POST /subscriptions/hostile/nack',
    '{"leases":["a"],"reason":"\\ud800\\u0000"}',
    { status: 200, body: /^\{"nacked":0/ },
  ],
  ['POST /subscriptions/hostile/nack', `{"leases":["a"],"reason":"${'a'.repeat(10_000)}"}`, invalidBody('/reason')],
  ['POST /subscriptions/hostile/extend', '{"leases":"a"}', invalidBody('/leases')],
  ['POST /subscriptions/hostile/seek', '{"seq":9007199254740993}', invalidBody('/seq')],
  ['POST /subscriptions/hostile/seek', '{"seq":-0.5}', invalidBody('/seq')],
  ['POST /subscriptions/hostile/seek', '{"time":"\\u0000"}', invalidBody('/time')],
  ['POST /subscriptions/hostile/dead-letters/redrive', '{"seqs":[0]}', invalidBody('/seqs/0')],
]

export const addresses: readonly Entry[] = [
  ...asked.map(
    ([path, gets]): Entry => ({ name: `GET ${shown(path)}`, bytes: () => requestHead(`GET ${path}`), gets }),
  ),
  ...forgedIds.map(
    ([id, gets]): Entry => ({
      name: `Last-Event-ID: ${shown(id)}`,
      bytes: () => Buffer.from(requestHead('GET /events/stream', { 'last-event-id': id }), 'latin1'),
      gets,
    }),
  ),
  ...small.map(
    ([line, body, gets]): Entry => ({
      name: `${line} ${shown(Buffer.from(body).toString('latin1'))}`,
      bytes: () => withBody(line, body),
      gets,
    }),
  ),
]

function shown(text: string): string {
  const escaped = JSON.stringify(text).slice(1, -1)
  return escaped.length > 90 ? `${escaped.slice(0, 90)}…` : escaped
}
