import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rateLevels } from '../../src/core/statistics-store.ts'
import { barsBefore, rangeNamed, ranges } from '../../web/src/screens/overview/ranges.ts'
import { recentTopics } from '../../web/src/screens/overview/recent-topics.ts'
import { changed, makeTryEvent, snippets, sumInWords } from '../../web/src/screens/overview/try-event.ts'

test('bars stand still on the clock and move on by whole widths; the last one is not over', () => {
  const nowMs = Date.parse('2026-01-31T09:30:07Z')
  assert.deepEqual(barsBefore(nowMs, rangeNamed('15m')), {
    from: '2026-01-31T09:15:10.000Z',
    to: '2026-01-31T09:30:10.000Z',
    width_s: 10,
  })
  assert.deepEqual(barsBefore(nowMs + 2999, rangeNamed('15m')), barsBefore(nowMs, rangeNamed('15m')))
  assert.notDeepEqual(barsBefore(nowMs + 3000, rangeNamed('15m')), barsBefore(nowMs, rangeNamed('15m')))
})

test('every range has bars that its rollup can give', () => {
  for (const { lengthMs, widthS } of ranges) {
    const level = rateLevels.find(({ keptS }) => lengthMs / 1000 <= keptS)
    assert(level !== undefined)
    assert.equal(widthS % level.widthS, 0)
    assert.equal(lengthMs % (widthS * 1000), 0)
  }
  assert.equal(rangeNamed('nonsense').name, '1h')
})

test('topics that received lately come first, then those that were seen last', () => {
  const topic = (name: string, lastSeenAt: string) => ({
    topic: name,
    events: 1,
    duplicates: 0,
    conflicts: 0,
    last_seq: 1,
    first_seen_at: lastSeenAt,
    last_seen_at: lastSeenAt,
  })
  const series = (name: string, unique: number[], duplicates: number[]) => ({ name, unique, duplicates, conflicts: [] })
  const rows = recentTopics(
    [series('busy', [1, 2], [0, 4]), series('silent', [0, 0], [0, 0]), series('unlisted', [1, 0], [0, 0])],
    [
      topic('old', '2026-01-01'),
      topic('busy', '2026-01-02'),
      topic('newer', '2026-01-03'),
      topic('silent', '2026-01-02'),
    ],
    4,
  )
  assert.deepEqual(
    rows.map(({ name, storedCount, duplicateCount }) => [name, storedCount, duplicateCount]),
    [
      ['busy', 3, 4],
      ['unlisted', 1, 0],
      ['newer', 0, 0],
      ['silent', 0, 0],
    ],
  )
})

test('all commands carry the same event, and the changed one keeps its identity', () => {
  const event = makeTryEvent(Date.parse('2026-01-31T09:30:00.123Z'), () => 0.5)
  assert.equal(event.timestamp, '2026-01-31T09:30:00Z')
  const [curl, cli, typescript] = snippets(event, 'http://x.test/sub/')
  const json = (text: string) => JSON.parse(text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1))
  assert.deepEqual(json(curl.code), event)
  assert.match(curl.code, /^curl http:\/\/x\.test\/sub\/publish /)
  assert.deepEqual(json(cli.code), event)
  assert.match(cli.code, /--url http:\/\/x\.test\/sub -$/)
  assert.match(typescript.code, /fetch\('http:\/\/x\.test\/sub\/publish'/)
  const { topic, event_id, payload } = changed(event)
  assert.deepEqual([topic, event_id], [event.topic, event.event_id])
  assert.notDeepEqual(payload, event.payload)
})

test('the sum says what happened to one event', () => {
  assert.equal(sumInWords({ duplicates: 0, conflicts: 0 }), 'Received 1 = stored 1 + duplicates 0')
  assert.equal(sumInWords({ duplicates: 3, conflicts: 1 }), 'Received 4 = stored 1 + duplicates 3')
})
