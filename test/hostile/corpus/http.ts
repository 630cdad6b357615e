/** Requests that are no HTTP, or that two programs might read in two ways: refused and closed, or understood. */
import { httpChunk, requestHead } from '../../support/raw-http.ts'
import { type Entry, eventText, json, malformed, notFound, type Refusal, withBody } from './entry.ts'

const livez = requestHead('GET /livez')
const alive = { status: 200, body: /^\{"status":"alive"\}$/ } as const
const chunked = { ...json, 'transfer-encoding': 'chunked' }
const overflow = { status: 431, code: 'headers_too_large', closes: true } as const

function latin1(text: string): () => Buffer {
  return () => Buffer.from(text, 'latin1')
}

function refused(name: string, text: string, gets: Refusal = malformed): Entry {
  return { name, bytes: latin1(text), gets }
}

export const framing: readonly Entry[] = [
  refused('a request line that is none', 'lorem ipsum dolor\r\n\r\n'),
  refused('a method that does not exist', 'FROB /publish HTTP/1.1\r\nHost: x\r\n\r\n'),
  refused('a method in lower case', 'get /livez HTTP/1.1\r\nHost: x\r\n\r\n'),
  refused('a version that does not exist', 'GET /livez HTTP/9.9\r\nHost: x\r\n\r\n'),
  refused('a TLS handshake', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'),
  refused('an HTTP/2 preface', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  refused('bare line feeds', 'GET /livez HTTP/1.1\nHost: x\n\n'),
  refused('a bare line feed after a header', 'GET /livez HTTP/1.1\r\nHost: x\nA: b\r\n\r\n'),
  refused('a bare carriage return in a header', 'GET /livez HTTP/1.1\r\nHost: x\r\nA: b\rC: d\r\n\r\n'),
  refused('a NUL in a header', 'GET /livez HTTP/1.1\r\nHost: x\r\nA: b\0c\r\n\r\n'),
  refused('a NUL in the request line', 'GET /live\0z HTTP/1.1\r\nHost: x\r\n\r\n'),
  refused('a header without a name', 'GET /livez HTTP/1.1\r\nHost: x\r\n: b\r\n\r\n'),
  refused('a space before the colon of a header', 'GET /livez HTTP/1.1\r\nHost : x\r\n\r\n'),
  refused('a folded header', 'GET /livez HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n'),
  refused('no Host', 'GET /livez HTTP/1.1\r\n\r\n'),
  refused(
    'Content-Length and Transfer-Encoding',
    `${requestHead('POST /publish', { ...chunked, 'content-length': 2 })}0\r\n\r\n`,
  ),
  refused(
    'Transfer-Encoding and Content-Length',
    `${requestHead('POST /publish', { 'content-length': 2, ...chunked })}{}`,
  ),
  refused(
    'two Content-Lengths',
    'POST /publish HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}',
  ),
  refused(
    'the same Content-Length twice',
    'POST /publish HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n{}',
  ),
  refused('a list of Content-Lengths', requestHead('POST /publish', { ...json, 'content-length': '2, 2' })),
  refused('a negative Content-Length', requestHead('POST /publish', { ...json, 'content-length': -1 })),
  refused('a signed Content-Length', requestHead('POST /publish', { ...json, 'content-length': '+2' })),
  refused('a hexadecimal Content-Length', requestHead('POST /publish', { ...json, 'content-length': '0x2' })),
  refused('a Content-Length that is not a number', requestHead('POST /publish', { ...json, 'content-length': '2x' })),
  refused(
    'a Content-Length over 2^64',
    requestHead('POST /publish', { ...json, 'content-length': `1${'0'.repeat(20)}` }),
  ),
  refused(
    'a Transfer-Encoding that does not end in chunked',
    requestHead('POST /publish', { ...json, 'transfer-encoding': 'gzip' }),
  ),
  refused(
    'chunked before another coding',
    requestHead('POST /publish', { ...json, 'transfer-encoding': 'chunked, gzip' }),
  ),
  refused(
    'a Transfer-Encoding behind a vertical tab',
    requestHead('POST /publish', { ...json, 'transfer-encoding': '\x0bchunked' }),
  ),
  refused('a chunk size that is not a number', `${requestHead('POST /publish', chunked)}zz\r\n`),
  refused('a chunk size over 2^64', `${requestHead('POST /publish', chunked)}1${'0'.repeat(17)}\r\n`),
  refused('a chunk that is longer than its size', `${requestHead('POST /publish', chunked)}1\r\n{}\r\n0\r\n\r\n`),
  refused('a chunk that ends in a bare line feed', `${requestHead('POST /publish', chunked)}2\n{}\n0\n\n`),
  refused('one huge header', requestHead('GET /livez', { 'x-large': 'a'.repeat(20_000) }), overflow),
  refused('a huge address', requestHead(`GET /events?q=${'a'.repeat(20_000)}`), overflow),
  refused(
    '10,000 headers',
    requestHead('GET /livez', Object.fromEntries(Array.from({ length: 10_000 }, (_, at) => [`x-${at}`, 'a']))),
    overflow,
  ),
  refused(
    '10,000 trailers',
    `${requestHead('POST /publish', chunked)}${httpChunk('{}')}0\r\n${'x: y\r\n'.repeat(10_000)}\r\n`,
    overflow,
  ),
]

export const understood: readonly Entry[] = [
  { name: 'an absolute URI', bytes: () => requestHead('GET http://elsewhere.example/livez'), gets: alive },
  {
    name: 'an expectation that nobody knows',
    bytes: () => requestHead('GET /livez', { expect: 'wonders' }),
    gets: alive,
  },
  { name: 'HTTP/1.0 without Host', bytes: () => 'GET /livez HTTP/1.0\r\n\r\n', gets: alive },
  { name: 'HTTP/0.9', bytes: () => 'GET /livez\r\n\r\n', gets: alive },
  { name: 'empty lines before a request', bytes: () => `\r\n\r\n${livez}`, gets: alive },
  {
    name: 'an upgrade to what the server does not speak',
    bytes: () => requestHead('GET /livez', { connection: 'upgrade', upgrade: 'websocket' }),
    gets: alive,
  },
  {
    name: 'Expect: 100-continue with the body at once',
    bytes: () => withBody('POST /publish', eventText(), { ...json, expect: '100-continue' }),
    gets: { status: 202, accepted: 1 },
  },
  {
    name: 'chunks of one byte with extensions and trailers',
    bytes: () => {
      const chunks = [...Buffer.from(eventText())].map((byte) => `1;a="b"\r\n${String.fromCharCode(byte)}\r\n`)
      return `${requestHead('POST /publish', chunked)}${chunks.join('')}0\r\nx-trailer: y\r\n\r\n`
    },
    gets: { status: 202, accepted: 1 },
  },
  ...['/../stats', '/events/../stats', '//stats', '/./stats', '*', '*stats', '/..%2f..%2fetc/passwd', '/%00'].map(
    (path): Entry => ({ name: `the path ${path}`, bytes: () => requestHead(`GET ${path}`), gets: notFound }),
  ),
  ...[
    '/assets/%00',
    '/assets/../../package.json',
    '/assets/..%2f..%2fpackage.json',
    '/assets/%2e%2e/%2e%2e/package.json',
    '/docs/static/..%2f..%2fpackage.json',
  ].map((path): Entry => ({ name: `the file ${path}`, bytes: () => requestHead(`GET ${path}`), gets: notFound })),
]
