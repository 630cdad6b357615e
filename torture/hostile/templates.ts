/** Valid requests to every address of the contract: what the fuzzer changes. */
import { METHODS } from 'node:http'
import type { Random } from '../random.ts'

export interface Template {
  readonly method: string
  readonly target: string
  readonly body?: string
}

export const methods = METHODS.filter((method) => method !== 'CONNECT')

const looks = [
  ...[
    '/',
    '/stats',
    '/topics',
    '/health',
    '/livez',
    '/readyz',
    '/metrics',
    '/openapi.json',
    '/system',
    '/subscriptions',
    '/docs',
  ],
  ...['/assets/index.js', '/nothing', '/subscriptions/s1', '/subscriptions/s1/dead-letters?limit=10'],
  '/events?topic=fuzz.1&source=fuzz&limit=3&order=seq',
  '/events?from=2026-01-31T00:00:00Z&to=2026-02-01&limit=2&order=asc',
  '/events?q=level&limit=1',
  '/events?cursor=WyJkZXNjIiwxLDE3Njk4NTE4MDAwMDBd&limit=1',
  '/events/fuzz.1/0-0',
  '/events/stream?after=3&topic=fuzz.*&source=fuzz',
  '/events/histogram?topic=fuzz.1&from=2026-01-31T00:00:00Z&to=2026-02-01&width_ms=3600000',
  '/events/histogram?buckets=10&by=topic&source=fuzz&q=a',
  '/rates?by=topic&name=fuzz.1&name=fuzz.2&width_s=60&limit=5',
  '/rates?from=2026-01-31T00:00:00Z&to=2026-02-01',
  '/duplicates?topic=fuzz.1&event_id=0-0&conflict=false&limit=2',
  '/duplicates?source=fuzz&limit=1',
  '/duplicates/copies?seq=1&seq=2',
  '/duplicates/events?topic=fuzz.1&sort=spread&limit=2',
  '/duplicates/sources?conflict=true&sort=duplicates&limit=2',
]
const lease = 'WyJzMSIsMSwxXQ'
const changes: readonly Template[] = [
  {
    method: 'PUT',
    target: '/subscriptions/s1',
    body: '{"topics":["fuzz.>","a"],"start":{"seq":1},"lease_ms":1000,"max_attempts":3}',
  },
  { method: 'PUT', target: '/subscriptions/s1', body: '{"topics":["fuzz.>"],"start":"earliest"}' },
  { method: 'PUT', target: '/subscriptions/s2', body: '{"topics":[">"],"start":{"time":"2026-01-31T09:30:00Z"}}' },
  {
    method: 'PUT',
    target: '/subscriptions/s3',
    body: '{"topics":[">"],"push":{"url":"http://127.0.0.1:1/","secret":"whsec_x"}}',
  },
  { method: 'DELETE', target: '/subscriptions/s2' },
  { method: 'POST', target: '/subscriptions/s1/pull', body: '{"max":3}' },
  { method: 'POST', target: '/subscriptions/s1/pull', body: '{"max":1,"wait_ms":0}' },
  { method: 'POST', target: '/subscriptions/s1/ack', body: `{"leases":["${lease}","b"]}` },
  { method: 'POST', target: '/subscriptions/s1/nack', body: `{"leases":["${lease}"],"delay_ms":0,"reason":"no"}` },
  { method: 'POST', target: '/subscriptions/s1/extend', body: `{"leases":["${lease}"]}` },
  { method: 'POST', target: '/subscriptions/s1/seek', body: '{"start":"latest"}' },
  { method: 'POST', target: '/subscriptions/s1/seek', body: '{"seq":2}' },
  { method: 'POST', target: '/subscriptions/s1/seek', body: '{"time":"2026-01-31"}' },
  { method: 'POST', target: '/subscriptions/s1/resume', body: '' },
  { method: 'POST', target: '/subscriptions/s1/dead-letters/redrive', body: '{"seqs":[1,2]}' },
  { method: 'POST', target: '/subscriptions/s1/dead-letters/redrive', body: '{}' },
]

export function drawTemplate(random: Random): Template {
  const at = random.whole(0, looks.length + changes.length - 1)
  return changes[at - looks.length] ?? { method: 'GET', target: looks[at] ?? '/' }
}

const payloads = [
  '{}',
  '{"level":"INFO","n":12345678901234567890}',
  '{ "a" : [1e400, -0, 1.0, {"b":null}] }',
  '{"s":"\\u00e9\\ud83d\\ude00\\n","é":"漢😀"}',
  '{"__proto__":{"x":1},"constructor":"y","a":1,"a":2}',
  `{"text":"${'x'.repeat(300)}"}`,
]

/** One event, its id given. Now and then a line break or an escape where there need be none. */
export function drawEvent(id: string, topic: string, random: Random): string {
  // Around the depth that is allowed, which depends on what the event is in.
  const levels = random.whole(58, 66)
  const payload = payloads[random.whole(0, payloads.length)] ?? `{"a":${'['.repeat(levels)}${']'.repeat(levels)}}`
  const members = [
    `"topic":"${topic}"`,
    random.whole(0, 9) === 0 ? `"event_\\u0069d":"${id}"` : `"event_id":"${id}"`,
    `"timestamp":"2026-01-31T09:30:${random.whole(10, 59)}.${random.whole(0, 999)}Z"`,
    random.whole(0, 9) === 0 ? '"source":"f\\u0075zz"' : '"source":"fuzz"',
    `"payload":${payload}`,
  ]
  if (random.whole(0, 3) === 0) members.reverse()
  return `{${members.join(random.whole(0, 9) === 0 ? ' , ' : ',')}}`
}
