/** Bodies of a publish that are refused: as JSON in the first table, as a line of NDJSON too in the second. */
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { httpChunk, requestHead } from '../../support/raw-http.ts'
import {
  type Bytes,
  type Entry,
  eventText,
  invalidEvent,
  json,
  ndjson,
  nested,
  notJson,
  notUtf8,
  type Refusal,
  tooLarge,
  withBody,
} from './entry.ts'

export interface RefusedLine {
  readonly name: string
  readonly line: () => Bytes
  readonly gets: Refusal
}

const tooDeep = { status: 400, code: 'invalid_json', pointer: '/payload' } as const

function twice(field: string): Refusal {
  return { status: 400, code: 'invalid_json', pointer: `/${field}` }
}

/** JSON.stringify throws at about 10,000 levels: one such event that was taken would poison every reader. */
const nesting: readonly RefusedLine[] = [
  {
    name: 'a payload 64 levels deep, 65 with the event',
    line: () => eventText({ payload: `{"a":${nested(63)}}` }),
    gets: tooDeep,
  },
  {
    name: 'a payload 10,000 levels deep',
    line: () => eventText({ payload: `{"a":${nested(10_000)}}` }),
    gets: tooDeep,
  },
  {
    name: 'a payload of objects 10,000 levels deep',
    line: () => eventText({ payload: `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}` }),
    gets: tooDeep,
  },
]

const invalidText: readonly RefusedLine[] = (['topic', 'event_id', 'source'] as const).flatMap((field) => [
  {
    name: `a lone high surrogate in ${field}`,
    line: () => eventText({ [field]: '"\\ud800"' }),
    gets: invalidEvent(`/${field}`),
  },
  {
    name: `another lone high surrogate in ${field}`,
    line: () => eventText({ [field]: '"\\ud801"' }),
    gets: invalidEvent(`/${field}`),
  },
  {
    name: `a lone low surrogate in ${field}`,
    line: () => eventText({ [field]: '"a\\udc00"' }),
    gets: invalidEvent(`/${field}`),
  },
  {
    name: `surrogates the wrong way round in ${field}`,
    line: () => eventText({ [field]: '"\\udc00\\ud800"' }),
    gets: invalidEvent(`/${field}`),
  },
  { name: `U+0000 in ${field}`, line: () => eventText({ [field]: '"a\\u0000b"' }), gets: invalidEvent(`/${field}`) },
  {
    name: `256 characters of four bytes in ${field}`,
    line: () => eventText({ [field]: `"${'😀'.repeat(256)}"` }),
    gets: invalidEvent(`/${field}`),
  },
  { name: `an empty ${field}`, line: () => eventText({ [field]: '""' }), gets: invalidEvent(`/${field}`) },
  { name: `a number as ${field}`, line: () => eventText({ [field]: '1' }), gets: invalidEvent(`/${field}`) },
  { name: `${field} twice`, line: () => eventText().replace('{', `{"${field}":"x",`), gets: twice(field) },
  {
    name: `${field} twice, once with an escape`,
    line: () => eventText().replace('{', `{"\\u00${field.charCodeAt(0).toString(16)}${field.slice(1)}":"x",`),
    gets: twice(field),
  },
])

export const refusedLines: readonly RefusedLine[] = [
  ...nesting,
  ...invalidText,
  { name: 'trailing garbage', line: () => `${eventText()}x`, gets: notJson },
  { name: 'a second document', line: () => eventText() + eventText(), gets: notJson },
  { name: 'a byte order mark', line: () => `\ufeff${eventText()}`, gets: notJson },
  { name: 'a NUL behind the event', line: () => `${eventText()}\0`, gets: notJson },
  { name: 'NaN', line: () => eventText({ payload: '{"a":NaN}' }), gets: notJson },
  { name: 'a leading zero', line: () => eventText({ payload: '{"a":01}' }), gets: notJson },
  { name: 'a number that ends in its point', line: () => eventText({ payload: '{"a":1.}' }), gets: notJson },
  { name: 'a trailing comma', line: () => eventText({ payload: '{"a":1,}' }), gets: notJson },
  { name: 'a comment', line: () => eventText({ payload: '{/**/}' }), gets: notJson },
  { name: 'a raw tab in a string', line: () => eventText({ payload: '{"a":"\t"}' }), gets: notJson },
  { name: 'an escape that is none', line: () => eventText({ payload: '{"a":"\\x41"}' }), gets: notJson },
  { name: 'half a document', line: () => eventText().slice(0, -10), gets: notJson },
  { name: 'an encoded surrogate', line: () => withByte(0xed, 0xa0, 0x80), gets: notUtf8 },
  { name: 'an overlong form', line: () => withByte(0xc0, 0xaf), gets: notUtf8 },
  { name: 'a lone continuation byte', line: () => withByte(0x80), gets: notUtf8 },
  { name: 'a sequence that is cut off', line: () => withByte(0xe2, 0x82), gets: notUtf8 },
  { name: 'a code point beyond Unicode', line: () => withByte(0xf4, 0x90, 0x80, 0x80), gets: notUtf8 },
  {
    name: '__proto__ as an unknown field',
    line: () => eventText({ __proto: '1' }).replace('__proto', '__proto__'),
    gets: invalidEvent('/__proto__'),
  },
  {
    name: 'constructor as an unknown field',
    line: () => eventText({ constructor: '{}' }),
    gets: invalidEvent('/constructor'),
  },
  {
    name: 'fields that __proto__ would bring',
    line: () => `{"__proto__":${eventText()}}`,
    gets: invalidEvent('/topic'),
  },
  { name: 'a payload that is an array', line: () => eventText({ payload: '[]' }), gets: invalidEvent('/payload') },
  {
    name: 'a payload that is JSON in a string',
    line: () => eventText({ payload: '"{}"' }),
    gets: invalidEvent('/payload'),
  },
  {
    name: 'a timestamp with a newline',
    line: () => eventText({ timestamp: '"2026-01-31T09:30:00Z\\n"' }),
    gets: invalidEvent('/timestamp'),
  },
  { name: 'null', line: () => 'null', gets: invalidEvent('') },
]

function withByte(...bytes: number[]): Buffer {
  const [before = '', after = ''] = eventText({ source: '"@"' }).split('@')
  return Buffer.concat([Buffer.from(before), Buffer.from(bytes), Buffer.from(after)])
}

const limitBytes = 8 * 1024 * 1024
const bombBytes = 16 * 1024 * 1024
const spaces = Buffer.alloc(bombBytes, ' ')
const bombs = {
  gzip: gzipSync(spaces),
  deflate: deflateSync(spaces),
  br: brotliCompressSync(spaces),
  zstd: zstdCompressSync(spaces),
}
const chunkBytes = 1024 * 1024

export const refusedBodies: readonly Entry[] = [
  { name: 'an empty body', bytes: () => withBody('POST /publish', ''), gets: notJson },
  { name: 'no body at all', bytes: () => requestHead('POST /publish', json), gets: notJson },
  { name: 'nothing but space', bytes: () => withBody('POST /publish', ' \n '), gets: notJson },
  {
    name: 'an empty body of lines',
    bytes: () => withBody('POST /publish', '', ndjson),
    gets: { status: 422, code: 'invalid_event' },
  },
  {
    name: '5 million levels of arrays',
    bytes: () => withBody('POST /publish', '['.repeat(5_000_000)),
    gets: { status: 400, code: 'invalid_json', pointer: '/0' },
  },
  {
    name: '1 million levels that end',
    bytes: () => withBody('POST /publish', nested(1_000_000)),
    gets: { status: 400, code: 'invalid_json', pointer: '/0' },
  },
  {
    name: '1 million levels in a payload',
    bytes: () => withBody('POST /publish', eventText({ payload: `{"a":${nested(1_000_000)}}` })),
    gets: tooDeep,
  },
  {
    name: '1 million levels of objects',
    bytes: () => withBody('POST /publish', '{"a":'.repeat(1_000_000)),
    gets: { status: 400, code: 'invalid_json', pointer: '/a' },
  },
  {
    name: 'the list of events twice',
    bytes: () => withBody('POST /publish', `{"events":[${eventText()}],"events":[${eventText()}]}`),
    gets: twice('events'),
  },
  {
    name: 'one invalid event among valid ones',
    bytes: () => withBody('POST /publish', `{"events":[${eventText()},${eventText({ topic: '"\\ud800"' })}]}`),
    gets: invalidEvent('/events/1/topic'),
  },
  { name: 'no events', bytes: () => withBody('POST /publish', '{"events":[]}'), gets: invalidEvent('/events') },
  {
    name: '1,001 events',
    bytes: () => withBody('POST /publish', `[${Array(1001).fill(eventText()).join(',')}]`),
    gets: invalidEvent(''),
  },
  {
    name: 'half a million empty objects',
    bytes: () => withBody('POST /publish', `[${Array(500_000).fill('{}').join(',')}]`),
    gets: invalidEvent(''),
  },
  {
    name: 'half a million unknown fields',
    bytes: () => withBody('POST /publish', `{${Array.from({ length: 500_000 }, (_, at) => `"${at}":0`).join(',')}}`),
    gets: invalidEvent('/topic'),
  },
  {
    name: 'a body over the limit',
    bytes: () => withBody('POST /publish', Buffer.alloc(limitBytes + 1, ' ')),
    gets: tooLarge,
  },
  {
    name: 'lines over the limit',
    bytes: () => withBody('POST /publish', Buffer.alloc(limitBytes + 1, '\n'), ndjson),
    gets: tooLarge,
  },
  {
    name: 'a Content-Length far over the limit',
    bytes: () => requestHead('POST /publish', { ...json, 'content-length': '9007199254740991' }),
    gets: tooLarge,
  },
  {
    name: 'chunks over the limit, without a Content-Length',
    bytes: () => {
      const chunk = httpChunk(Buffer.alloc(chunkBytes, ' '))
      const head = requestHead('POST /publish', { ...json, 'transfer-encoding': 'chunked' })
      return Buffer.concat([Buffer.from(head), ...Array(limitBytes / chunkBytes + 1).fill(chunk), httpChunk('')])
    },
    gets: tooLarge,
  },
  ...Object.entries(bombs).flatMap(([encoding, bomb]) =>
    [json, ndjson].map(
      (type): Entry => ({
        name: `a ${encoding} bomb as ${type['content-type']}`,
        bytes: () => withBody('POST /publish', bomb, { ...type, 'content-encoding': encoding }),
        gets: tooLarge,
      }),
    ),
  ),
  {
    name: 'a bomb in a bomb',
    bytes: () =>
      withBody('POST /publish', gzipSync(bombs.gzip), {
        ...json,
        'content-encoding': 'gzip, gzip',
      }),
    gets: { status: 415, code: 'unsupported_encoding' },
  },
]
