/** Lines in any pieces, taken many at a time, against one line at a time. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { AppError } from '../../src/core/errors.ts'
import type { NewEvent } from '../../src/core/event.ts'
import { NdjsonParser } from '../../src/http/ndjson.ts'
import { parseEventLine } from '../../src/http/publish-body.ts'
import { wireEvent } from '../support/events.ts'
import { change, changed } from './json-mutations.ts'
import { plainEvent } from './plain-events.ts'

interface Parsed {
  readonly events: NewEvent[]
  /** Why the first invalid line was refused, without its words for the whole. */
  readonly fault: Pick<AppError, 'code' | 'message' | 'errors' | 'extensions'> | undefined
}

/** What lines mean: each by itself, up to the first that is invalid. */
function parseLineByLine(body: Buffer): Parsed {
  const events: NewEvent[] = []
  let line = 0
  for (let start = 0; start <= body.length; ) {
    const found = body.indexOf('\n', start)
    const end = found < 0 ? body.length : found
    const bytes = body.subarray(start, end)
    line++
    start = end + 1
    try {
      if (!/^[ \t\r]*$/.test(bytes.toString('latin1'))) events.push(parseEventLine(bytes))
    } catch (thrown) {
      if (!(thrown instanceof AppError)) throw thrown
      const { code, message, errors } = thrown
      return { events, fault: { code, message: `line ${line}: ${message}`, errors, extensions: { line } } }
    }
  }
  return { events, fault: undefined }
}

/** @param cuts where pieces end, as parts of the whole. */
function parseInPieces(body: Buffer, cuts: readonly number[]): Parsed {
  const parser = new NdjsonParser()
  const events: NewEvent[] = []
  const places = cuts.map((cut) => Math.floor(cut * body.length)).sort((a, b) => a - b)
  const pieces = [...places, body.length].map((place, index) => body.subarray(places[index - 1] ?? 0, place))
  for (const parse of [...pieces.map((piece) => () => parser.push(Buffer.from(piece))), () => parser.end()]) {
    const parsed = parse()
    events.push(...parsed.events)
    if (parsed.fault === undefined) continue
    const { code, message, errors, extensions } = parsed.fault
    return { events, fault: { code, message, errors, extensions } }
  }
  return { events, fault: undefined }
}

/** An event in which space is no end of a line. */
const lineText = plainEvent.map((text) => text.replaceAll(/[\r\n]/g, ' '))
/** Valid, but not the plain case. */
const escapedLine = fc.constantFrom(
  JSON.stringify(wireEvent({ topic: 'a"\\é😀' })),
  JSON.stringify(wireEvent({ source: '漢'.repeat(255) })),
)
const blank = fc.constantFrom('', ' ', '\t \r', '\r')
const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 8 })
const lineEnd = fc.constantFrom('\n', '\r\n', ' \r\n')

/** What makes a line invalid. */
const invalidLine = fc.oneof(
  fc
    .tuple(lineText, fc.constantFrom('x', '{}', ',', ']', '\0', '\f', '\u00a0', '\ufeff', 'null', '"'))
    .map(([text, garbage]) => text + garbage),
  fc.tuple(lineText, lineText).map(([a, b]) => a + b),
  fc.constantFrom(
    'null',
    '[]',
    '{}',
    '{',
    '"a"',
    '\ufeff',
    '\u00a0',
    '\f',
    '{"events":[]}',
    `[${JSON.stringify(wireEvent())}]`,
  ),
)

function bodyOf(lines: readonly (string | Uint8Array)[], ends: readonly string[], isEnded: boolean): Buffer {
  return Buffer.concat(
    lines.flatMap((line, index) => {
      const isLast = index === lines.length - 1 && !isEnded
      return [Buffer.from(line), Buffer.from(isLast ? '' : (ends[index % ends.length] ?? '\n'))]
    }),
  )
}

const lineEnds = fc.array(lineEnd, { minLength: 1, maxLength: 5 })
const validLine = fc.oneof(
  { weight: 8, arbitrary: lineText },
  { weight: 1, arbitrary: escapedLine },
  { weight: 2, arbitrary: blank },
)

test('valid lines are events in any pieces, with any ends of lines and blank lines between', () => {
  const lines = fc.array(validLine, { maxLength: 12 })
  fc.assert(
    fc.property(lines, lineEnds, fc.boolean(), cuts, (texts, ends, isEnded, places) => {
      const body = bodyOf(texts, ends, isEnded)
      const parsed = parseInPieces(body, places)
      assert.deepEqual(parsed, parseLineByLine(body))
      assert.equal(parsed.fault, undefined)
      assert.equal(parsed.events.length, texts.filter((text) => text.trim() !== '').length)
    }),
    { numRuns: 1500 },
  )
})

test('an invalid line keeps the events before it and those alone, and is named by its number', () => {
  const lines = fc.array(validLine, { maxLength: 6 })
  const invalidBytes = fc
    .tuple(lineText, fc.nat(), fc.constantFrom([0xff], [0xc3], [0xed, 0xa0, 0x80]))
    .map(([text, place, bad]) => {
      const bytes = Buffer.from(text)
      const at = place % bytes.length
      return Buffer.concat([bytes.subarray(0, at), Buffer.from(bad), bytes.subarray(at)])
    })
  fc.assert(
    fc.property(
      fc.tuple(lines, fc.oneof(invalidLine, invalidBytes), lines),
      lineEnds,
      cuts,
      ([before, wrong, after], ends, places) => {
        const body = bodyOf([...before, wrong, ...after], ends, true)
        const parsed = parseInPieces(body, places)
        assert.deepEqual(parsed, parseLineByLine(body))
        assert.equal(parsed.fault?.extensions.line, before.length + 1)
        assert.equal(parsed.events.length, before.filter((text) => text.trim() !== '').length)
      },
    ),
    { numRuns: 1500 },
  )
})

test('lines changed at random are what they are one by one', () => {
  const lines = fc.array(validLine, { minLength: 1, maxLength: 5 })
  const counts = { valid: 0, refused: 0 }
  fc.assert(
    fc.property(lines, fc.array(change, { minLength: 1, maxLength: 2 }), cuts, (texts, changes, places) => {
      const body = changes.reduce(changed, bodyOf(texts, ['\n'], false))
      const parsed = parseInPieces(body, places)
      assert.deepEqual(parsed, parseLineByLine(body))
      if (parsed.fault === undefined) counts.valid++
      else counts.refused++
    }),
    { numRuns: 3000 },
  )
  assert.ok(counts.valid > 100 && counts.refused > 1000, JSON.stringify(counts))
})

test('an event that goes over two lines is refused, wherever it is broken', () => {
  const text = JSON.stringify(wireEvent({ source: 'é漢😀', payload: { a: [1, { b: 'c' }] } }))
  const bytes = Buffer.from(text)
  for (let at = 1; at < bytes.length; at++) {
    for (const gap of ['\n', '\r\n', '\n\n']) {
      const body = Buffer.concat([
        Buffer.from(`${text}\n`),
        bytes.subarray(0, at),
        Buffer.from(gap),
        bytes.subarray(at),
      ])
      const { events, fault } = parseInPieces(body, [])
      assert.deepEqual([events.length, fault?.extensions.line], [1, 2], `broken at ${at}`)
    }
  }
})

test('of a line with an event and something behind it nothing is stored', () => {
  const text = JSON.stringify(wireEvent())
  for (const garbage of ['x', '}', ']', ',', '{}', ` ${text}`, text, '\0', '//', '\u00a0', '"', '1']) {
    for (const body of [text + garbage, `${text}${garbage}\n`, `${text}${garbage}\n${text}\n`]) {
      const { events, fault } = parseInPieces(Buffer.from(body), [])
      assert.deepEqual([events.length, fault?.code, fault?.extensions.line], [0, 'invalid_json', 1], body)
    }
  }
})
