/** The rows of the event list: pages that keep their place, live rows that are bounded, and what is said of both. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { EventRow } from '../../src/client/raw-events.ts'
import { matchingPlaces, splitByText } from '../../web/src/screens/events/find-rows.ts'
import { type ListRow, listRowOf } from '../../web/src/screens/events/list-row.ts'
import { endWords, tailWords } from '../../web/src/screens/events/list-words.ts'
import { LiveRows, liveLimits } from '../../web/src/screens/events/live-rows.ts'
import { PagedRows } from '../../web/src/screens/events/paged-rows.ts'
import { RowRate } from '../../web/src/screens/events/rate-limit.ts'

function eventRow(seq: number, payload = '{}'): EventRow {
  return {
    topic: 'a',
    eventId: `evt-${seq}`,
    timestamp: '2026-01-31T09:30:00Z',
    source: 's',
    payload,
    seq,
    processedAt: '2026-01-31T09:30:00.000Z',
  }
}
const eventRows = (from: number, count: number) => Array.from({ length: count }, (_, index) => eventRow(from + index))
const listRow = (seq: number): ListRow => listRowOf(eventRow(seq))

/** Pages of 10 as a server gives them, of events 0 to `count - 1`. */
function pageAt(cursor: string | undefined, count: number) {
  const start = Number(cursor ?? 0)
  const rows = Array.from({ length: Math.min(10, count - start) }, (_, index) => listRow(start + index))
  return { rows, nextCursor: start + 10 < count ? String(start + 10) : undefined, isPartial: false }
}

function readAll(pages: PagedRows, count: number): void {
  while (pages.end === 'more') pages.put(pages.next, pageAt(pages.next.cursor, count))
}

test('rows of forgotten pages keep their places and are asked for again', () => {
  const pages = new PagedRows()
  readAll(pages, 95)
  assert.equal(pages.length, 95)
  assert.equal(pages.end, 'end')
  pages.keepNear(90, 30)
  assert.equal(pages.length, 95)
  assert.equal([...pages.loaded()].length <= 30, true)
  assert.equal(pages.at(44), undefined)
  assert.equal(pages.at(94)?.seq, 94)
  const missing = pages.missing(44, 50)
  assert.deepEqual(missing, { index: 4, cursor: '40' })
  assert(missing !== undefined)
  pages.put(missing, pageAt(missing.cursor, 95))
  assert.equal(pages.at(44)?.seq, 44)
  assert.equal(pages.length, 95)
})

test('the first page is never forgotten', () => {
  const pages = new PagedRows()
  readAll(pages, 95)
  pages.keepNear(94, 10)
  assert.equal(pages.at(0)?.seq, 0)
})

test('a page that ends elsewhere than before makes what followed it unknown: nothing twice, nothing missing', () => {
  const pages = new PagedRows()
  readAll(pages, 50)
  pages.keepNear(0, 10)
  const { rows } = pageAt('10', 50)
  pages.put({ index: 1, cursor: '10' }, { rows: rows.slice(0, 9), nextCursor: '19', isPartial: false })
  assert.equal(pages.length, 19)
  assert.equal(pages.end, 'more')
  assert.deepEqual(pages.next, { index: 2, cursor: '19' })
  readAll(pages, 50)
  pages.put({ index: 1, cursor: '10' }, { rows, nextCursor: '21', isPartial: false })
  assert.deepEqual(pages.next, { index: 2, cursor: '21' })
})

test('a page without rows may have others behind it', () => {
  const pages = new PagedRows()
  pages.put(pages.next, { rows: [], nextCursor: '0', isPartial: true })
  assert.equal(pages.end, 'partial')
  pages.put(pages.next, pageAt('0', 5))
  assert.equal(pages.length, 5)
  assert.equal(pages.at(0)?.seq, 0)
  assert.equal(pages.end, 'end')
})

test('any row is where it was read, whatever is kept', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 200 }), fc.array(fc.tuple(fc.nat(200), fc.nat(100))), (count, looks) => {
      const pages = new PagedRows()
      readAll(pages, count)
      for (const [place, max] of looks) {
        const index = place % count
        const missing = pages.missing(index, index)
        if (missing !== undefined) pages.put(missing, pageAt(missing.cursor, count))
        assert.equal(pages.at(index)?.seq, index)
        pages.keepNear(index, max)
        assert.equal(pages.at(index)?.seq, index)
        assert.equal(pages.length, count)
      }
    }),
  )
})

test('live rows are newest first; the oldest go when there are too many', () => {
  const live = new LiveRows(0)
  for (let at = 0; at < 10; at++) live.add(eventRows(at * 1000, 1000), at * 10_000)
  assert.equal(live.length, liveLimits.maxRows)
  assert.equal(live.at(0)?.seq, 9999)
  assert.equal(live.at(liveLimits.maxRows - 1)?.seq, 5000)
  assert.equal(live.isCut, true)
  assert.equal(live.skippedCount, 0)
})

test('what comes while it is paused is counted and shown on resuming, in order', () => {
  const live = new LiveRows(0)
  live.add(eventRows(1, 3), 0)
  live.pause()
  live.add(eventRows(4, 1204), 10)
  assert.equal(live.length, 3)
  assert.equal(live.waitingCount, 1204)
  live.resume()
  assert.deepEqual(
    Array.from({ length: 1207 }, (_, index) => live.at(index)?.seq),
    Array.from({ length: 1207 }, (_, index) => 1207 - index),
  )
  assert.equal(live.waitingCount, 0)
  assert.equal(live.isCut, false)
})

test('a long pause keeps the newest only, and says that something is missing before them', () => {
  const live = new LiveRows(0)
  live.add(eventRows(0, 10), 0)
  live.pause()
  for (let at = 0; at < 100; at++) live.add(eventRows(10 + at * 1000, 1000), at)
  assert.equal(live.waitingCount, 100_000)
  live.resume()
  assert.equal(live.length, liveLimits.maxRows)
  assert.equal(live.at(0)?.seq, 100_009)
  assert.equal(live.isCut, true)
})

test('a burst is shown whole; of a flood, 200 rows a second, and what is left out is counted', () => {
  const live = new LiveRows(0)
  live.add(eventRows(0, 1500), 0)
  assert.equal(live.length, 1500)
  // 3,400 a second, for ten seconds.
  for (let at = 0; at < 100; at++) live.add(eventRows(1500 + at * 340, 340), 1000 + at * 100)
  const lastMs = 1000 + 99 * 100
  assert.equal(live.lastSecond(lastMs + 100).received, 3400)
  assert(Math.abs(live.lastSecond(lastMs + 100).taken - 200) <= 2)
  assert.equal(live.length + live.skippedCount, 35_500)
  assert.equal(live.at(0)?.seq, 1500 + 34_000 - 1)
})

test('a quiet second is said to be one', () => {
  const rate = new RowRate({ perSecond: 200, burst: 2000 }, 0)
  rate.take(5, 500)
  assert.deepEqual(rate.lastSecond(1200), { received: 5, taken: 5 })
  assert.deepEqual(rate.lastSecond(2200), { received: 0, taken: 0 })
})

test('the preview is the text as it was sent, on one line', () => {
  assert.equal(
    listRowOf(eventRow(1, '{"id": 9007199254740993,\n  "n": 1e400}')).preview,
    '{"id": 9007199254740993, "n": 1e400}',
  )
  assert.equal(listRowOf(eventRow(1, `{"s":"${'x'.repeat(1000)}"}`)).preview.length, 301)
})

test('text is found in what a line shows, in any case, and marked where it stands', () => {
  const rows: [number, ListRow][] = [
    [0, listRow(10)],
    [7, listRowOf(eventRow(11, '{"msg":"Hello"}'))],
  ]
  assert.deepEqual(matchingPlaces(rows, 'hELLO'), [7])
  assert.deepEqual(matchingPlaces(rows, 'EVT-1'), [0, 7])
  assert.deepEqual(splitByText('say Hello, hello', 'hello'), ['say ', 'Hello', ', ', 'hello', ''])
  assert.deepEqual(splitByText('İİ x', 'x'), ['İİ x'])
})

test('the state of the tail and the end of the list are said in words', () => {
  assert.equal(tailWords({ kind: 'live' }, 0), 'Live')
  assert.equal(tailWords({ kind: 'reconnecting', atMs: 2500, isGoodbye: false }, 0), 'Reconnecting in 3 s')
  assert.equal(
    tailWords({ kind: 'reconnecting', atMs: 0, isGoodbye: true }, 5),
    'The server stopped, reconnecting in 1 s',
  )
  assert.equal(tailWords({ kind: 'stopped', reason: 'why' }, 0), 'Stopped: why')
  assert.equal(endWords(1, 'end'), '1 event, that is all')
  assert.equal(endWords(5000, 'cut'), 'The newest 5,000 events; older ones are no longer kept here')
})
