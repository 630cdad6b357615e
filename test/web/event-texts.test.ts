/** Events as text: what came from the server goes to the screen, the file and the command as it was sent. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import fc from 'fast-check'
import { duplicateRowsIn } from '../../src/client/raw-duplicates.ts'
import { eventRowIn, eventRowsIn, ndjsonLine } from '../../src/client/raw-events.ts'
import { payloadMatcher } from '../../src/core/payload-text.ts'
import { parseTimestamp } from '../../src/core/timestamp.ts'
import { SseParser } from '../../web/src/api/sse-parser.ts'
import { eventContentIn, startOf } from '../../web/src/screens/events/event-content.ts'
import { eventsViewOf, frozenTimes, openValue } from '../../web/src/screens/events/events-view.ts'
import { publishCommand } from '../../web/src/screens/events/publish-command.ts'
import { payloadContains } from '../../web/src/state/payload-match.ts'
import { parseTimeInput } from '../../web/src/state/time.ts'
import { timestampMs } from '../../web/src/state/timestamp.ts'
import { jqPath } from '../../web/src/ui/json/json-path.ts'

const payload = '{ "id": 12345678901234567890,\n"payload":{"a":"}]\\"'.concat('"},"n":-0,"n":1e400}')
const eventText = `{"topic":"a \\",\\"payload\\":{","event_id":"it's","timestamp":"2026-01-31","source":"s","payload":${payload},"seq":7,"processed_at":"2026-01-31T09:30:00.000Z"}`

test('payloads are cut out of answers exactly', () => {
  assert.equal(eventRowIn(eventText).payload, payload)
  const page = eventRowsIn(
    `{"topic":null,"total":2,"next_cursor":"c","partial":true,"events":[${eventText},${eventText}]}`,
  )
  assert.deepEqual(
    page.rows.map((row) => row.payload),
    [payload, payload],
  )
  assert.equal(page.nextCursor, 'c')
  assert.equal(page.isPartial, true)
  const refused = `{"timestamp":"2026-01-31","source":"s","payload":${payload}}`
  const duplicates = duplicateRowsIn(
    `{"total":1,"next_cursor":null,"duplicates":[{"topic":"a","event_id":"1","seq":7,"seen_at":"2026-01-31T09:30:00.000Z","source":"s","conflict":true,"refused":${refused}}]}`,
  )
  assert.equal(duplicates.rows[0]?.refused?.payload, payload)
})

test('an event is one line of NDJSON, with its payload as it was sent but for line breaks', () => {
  const line = ndjsonLine(eventRowIn(eventText))
  assert.equal(line.includes('\n'), false)
  assert(line.endsWith(`"payload":${payload.replace('\n', ' ')}}`))
})

test('the command sends just that event, whatever is in it', () => {
  const content = eventContentIn({ text: eventText, isWhole: true, totalBytes: undefined })
  // The shell takes it apart; the last argument is what curl would send.
  const command = publishCommand(content, 'http://localhost:8080/publish').replace(/^curl /, "printf '%s\\0' ")
  const args = execFileSync('sh', ['-c', command], { encoding: 'utf8' }).split('\0')
  assert.equal(args[1], 'http://localhost:8080/publish')
  assert.equal(args.at(-2), ndjsonLine(eventRowIn(eventText)))
})

test('of a large event the beginning is shown, with the size of the whole', () => {
  const whole = eventText.replace(payload, `{"s":"${'x'.repeat(100_000)}"}`)
  const start = eventContentIn({ text: whole.slice(0, 70_000), isWhole: false, totalBytes: whole.length })
  assert.equal(start.eventId, "it's")
  assert.equal(start.seq, undefined)
  assert.equal(start.isWhole, false)
  assert(Math.abs(start.payloadBytes - 100_008) < 100)
  assert(start.payload.startsWith('{"s":"xxx'))
  assert.equal(startOf('ab😀', 3), 'ab')
})

test('server-sent events are the same however their text is cut', () => {
  const text =
    ': hello\n\nid: 1\nevent: event\ndata: {"a": "b: c"}\n\nid: 2\nevent: event\ndata: {}\n\nevent: bye\ndata: {}\n\n'
  const whole = new SseParser().push(text)
  assert.deepEqual(whole, [
    { id: '1', event: 'event', data: '{"a": "b: c"}' },
    { id: '2', event: 'event', data: '{}' },
    { id: '', event: 'bye', data: '{}' },
  ])
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: text.length }), { maxLength: 12 }), (cuts) => {
      const parser = new SseParser()
      const places = [0, ...cuts.toSorted((a, b) => a - b), text.length]
      const events = places.flatMap((place, index) => parser.push(text.slice(place, places[index + 1] ?? place)))
      assert.deepEqual(events, whole)
    }),
  )
})

test('a timestamp names the same moment as for the server', () => {
  const samples = [
    '2026-01-31',
    '2026-01-31T09:30',
    '2026-01-31T09:30:00',
    '2026-01-31t09:30:00z',
    '2026-01-31 09:30:00.5+07',
    '2026-01-31T09:30:00,123456789-0330',
    '2026-01-31T09:30:00.1+05:45',
    '2026-01-31T24:00:00Z',
    '2026-12-31T23:59:60Z',
    '0001-01-01T00:00:00Z',
    '0099-03-01',
    '9999-12-31T23:59:59.999Z',
  ]
  for (const text of samples) assert.equal(timestampMs(text), parseTimestamp(text)?.ms, text)
  assert(Number.isNaN(timestampMs('yesterday')))
  fc.assert(
    fc.property(fc.date({ noInvalidDate: true, min: new Date(0), max: new Date('9999-12-31') }), (date) => {
      assert.equal(timestampMs(date.toISOString()), date.getTime())
    }),
  )
})

test('a payload contains a text for the page when it does for the server', () => {
  const part = fc.constantFrom('a', 'Σ', 'ς', 'é', '\\u00e9', '\\n', '\\\\', '\\"', 'İ', 'x y')
  fc.assert(
    fc.property(
      fc.array(part),
      fc.string({ maxLength: 3 }),
      fc.array(part, { maxLength: 2 }),
      (parts, text, wanted) => {
        const json = `{"s":"${parts.join('')}"}`
        for (const each of [text, wanted.join('')]) {
          assert.equal(payloadContains(each)(json), payloadMatcher(each)(json), `${json} ${each}`)
        }
      },
    ),
  )
})

test('times are pasted as ISO 8601 or as a Unix time in s, ms, µs or ns', () => {
  const iso = '2026-01-31T09:30:00.000Z'
  const ms = Date.parse(iso)
  for (const text of [
    iso,
    ' 2026-01-31T10:30:00+01:00 ',
    '2026-01-31 09:30',
    `${ms / 1000}`,
    `${ms}`,
    `${ms}000`,
    `${ms}000000`,
  ]) {
    assert.equal(parseTimeInput(text), iso, text)
  }
  assert.equal(parseTimeInput('-15m'), '-15m')
  for (const text of ['', 'soon', '12', '2026-13-01']) assert.equal(parseTimeInput(text), undefined, text)
})

test('a link to what one sees has moments in place of a relative range', () => {
  const now = Date.parse('2026-01-31T10:00:00.000Z')
  const view = (query: string) => eventsViewOf(new URLSearchParams(query))
  assert.deepEqual(frozenTimes(view('from=-15m'), now), {
    from: '2026-01-31T09:45:00.000Z',
    to: '2026-01-31T10:00:00.001Z',
  })
  assert.deepEqual(frozenTimes(view(''), now), {})
  assert.deepEqual(frozenTimes(view('from=-2h&to=-1h'), now), {
    from: '2026-01-31T08:00:00.000Z',
    to: '2026-01-31T09:00:00.000Z',
  })
})

test('what is live has no end and the newest on top; the open event is read from the address', () => {
  const open = { topic: 'a/b', eventId: 'x y' }
  const view = eventsViewOf(new URLSearchParams({ live: 'true', order: 'asc', open: openValue(open) }))
  assert.equal(view.isLive, true)
  assert.equal(view.order, 'desc')
  assert.deepEqual(view.open, open)
  assert.equal(eventsViewOf(new URLSearchParams('live=true&to=2026-01-31')).isLive, false)
  assert.equal(eventsViewOf(new URLSearchParams('open=only-one')).open, undefined)
})

test('the path to a value is what jq takes', () => {
  assert.equal(jqPath([{ keyText: '"user"' }, { keyText: '"odd key"' }, { index: 0 }]), '.user["odd key"][0]')
  assert.equal(jqPath([{ keyText: '"odd key"' }]), '.["odd key"]')
  assert.equal(jqPath([]), '.')
})
