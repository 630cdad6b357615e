/** Small changes to bytes and texts, of the kinds that parsers stumble over. */
import type { Random } from '../random.ts'

const pieces = [
  ...'"\\{}[],:-+.eE019 \n\r\t\f\0/é漢😀aZ',
  ...[
    '\\u0000',
    '\\ud800',
    '\\udc00',
    '\\ud83d\\ude00',
    '\\u00',
    '\\x',
    '\\/',
    ',}',
    ',]',
    '{}',
    '[]',
    '""',
    'null',
    'true',
  ],
  ...[
    '\ufeff',
    '\u00a0',
    '\u2028',
    '1e400',
    '-0',
    '12345678901234567890',
    'NaN',
    '"__proto__":',
    '"topic":',
    '"events":[',
    '\n{',
  ],
  ...['['.repeat(70), '{"a":'.repeat(70)],
].map((text) => Buffer.from(text))
const rawPieces = [[0x80], [0xff], [0xc3], [0xed, 0xa0, 0x80], [0xc0, 0xaf], [0xf4, 0x90, 0x80, 0x80]].map((bytes) =>
  Buffer.from(bytes),
)
const urlPieces = [
  ...'/?&=%#+;:.,*>"\\|^`{}[]~!\'()$@-_019aZ',
  ...[
    '%00',
    '%0a',
    '%0d%0a',
    '%ff',
    '%c3%a9',
    '%ed%a0%80',
    '%2e%2e',
    '..',
    '//',
    '/../',
    '%2f',
    '%25',
    '%',
    '%zz',
    '%u0041',
  ],
  ...[
    '&limit=1000000000',
    '&limit=-1',
    '&limit=1e400',
    '&topic=',
    '&topic=a&topic=b',
    '&cursor=W10',
    '&__proto__=1',
    '&seq=1',
  ],
  ...[
    '&from=2026-01-01',
    '&to=9999-12-31',
    '&from=%00',
    '&after=9007199254740993',
    '&buckets=1e9',
    '&width_ms=1',
    '&by=topic',
  ],
  ...['a'.repeat(300), '%F0%9F%98%80'.repeat(40), 'a'.repeat(4000)],
]

/** One to three changes to a body. */
export function mutateBytes(bytes: Buffer, random: Random): Buffer {
  let changed = bytes
  for (let times = random.whole(1, 3); times > 0; times--) changed = changeOnce(changed, random)
  return changed
}

function changeOnce(bytes: Buffer, random: Random): Buffer {
  // Now and then at the start or the end.
  const place = random.whole(0, 19)
  const at = place === 0 ? 0 : place === 1 ? bytes.length : random.whole(0, bytes.length)
  const kind = random.whole(0, 9)
  if (kind === 0) return bytes.subarray(0, at)
  if (kind === 1) return Buffer.concat([bytes.subarray(0, at), bytes.subarray(random.whole(0, at))])
  if (kind === 2)
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(Math.min(bytes.length, at + random.whole(1, 20)))])
  if (kind === 3 && at < bytes.length) {
    const flipped = Buffer.from(bytes)
    flipped[at] = (flipped[at] ?? 0) ^ (1 << random.whole(0, 7))
    return flipped
  }
  const list = random.whole(0, 7) === 0 ? rawPieces : pieces
  const piece = list[random.whole(0, list.length - 1)] ?? Buffer.alloc(0)
  return Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(Math.min(bytes.length, at + random.whole(0, 1)))])
}

const values = [
  ...[
    '',
    '0',
    '-1',
    '-0',
    '1.5',
    '1e400',
    'Infinity',
    'NaN',
    '0x10',
    '1e3',
    '9007199254740993',
    '9'.repeat(400),
    'true',
    'null',
  ],
  ...[
    '%00',
    '%ff',
    '9999-12-31T23:59:60Z',
    '0000-01-01',
    '__proto__',
    'a'.repeat(256),
    '%F0%9F%98%80',
    '*',
    '>',
    'a.>.b',
    'W10',
  ],
]

/** One to three changes to a path with its query; no spaces and no control characters: those end a request line. */
export function mutateTarget(target: string, random: Random): string {
  let changed = target
  for (let times = random.whole(1, 3); times > 0; times--) {
    const parameters = [...changed.matchAll(/=[^&#]*/g)]
    const parameter = random.whole(0, 1) === 0 ? parameters[random.whole(0, parameters.length - 1)] : undefined
    if (parameter !== undefined) {
      const value = values[random.whole(0, values.length - 1)]
      changed = `${changed.slice(0, parameter.index)}=${value}${changed.slice(parameter.index + parameter[0].length)}`
      continue
    }
    // The slash in front stays, or it is no path.
    const at = random.whole(1, changed.length)
    const removed = random.whole(0, 3) === 0 ? random.whole(1, 8) : 0
    const drawn = urlPieces[random.whole(0, urlPieces.length)] ?? anyBytes(random)
    const piece = random.whole(0, 4) === 0 ? '' : drawn
    changed = changed.slice(0, at) + piece + changed.slice(at + removed)
  }
  return changed
}

function anyBytes(random: Random): string {
  const hex = () => random.whole(0, 255).toString(16).padStart(2, '0')
  return Array.from({ length: random.whole(1, 4) }, () => `%${hex()}`).join('')
}
