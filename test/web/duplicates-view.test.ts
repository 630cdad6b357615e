/** What the address says about the duplicates screen, and how its numbers read. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { publisherSentence, shares, sums, windowWords } from '../../web/src/screens/duplicates/duplicate-words.ts'
import { viewOf } from '../../web/src/screens/duplicates/duplicates-view.ts'

const view = (query: string) => viewOf(new URLSearchParams(query))

test('an address without a query shows all events, conflicts first', () => {
  assert.deepEqual(view(''), {
    by: 'event',
    topic: undefined,
    source: undefined,
    isConflictsOnly: false,
    sort: 'conflicts',
    cursor: undefined,
    page: 1,
    openSeq: undefined,
  })
})

test('what an address says that means nothing is left aside', () => {
  const { by, sort, page, openSeq } = view('by=colour&sort=size&page=-3&cursor=x&open=seven')
  assert.deepEqual({ by, sort, page, openSeq }, { by: 'event', sort: 'conflicts', page: 1, openSeq: undefined })
  assert.equal(view('page=4').page, 1, 'a page needs its cursor')
  assert.equal(view('page=4&cursor=x').page, 4)
})

test('shares are percent of what was received, and nothing received is no share', () => {
  const received = { unique: [3, 0, 0], duplicates: [1, 2, 0], conflicts: [0, 1, 0] }
  assert.deepEqual(shares(received), { same: [25, 50, 0], changed: [0, 50, 0] })
  assert.deepEqual(sums(received), { received: 6, duplicates: 3, conflicts: 1 })
})

test('a publisher is told in a sentence', () => {
  const late_ms = { p50: 2000, p90: 65_000, max: 3_600_000 }
  const publisher = { source: 'a', duplicates: 1200, conflicts: 2, events: 300, late_ms, last_seen_at: '' }
  assert.equal(
    publisherSentence(publisher),
    'sent 300 events again, 1,200 times in all: half within 2 s, 90 % within 1 min 5 s, the latest after 1 h. The content had changed twice.',
  )
  const once = { ...publisher, duplicates: 1, events: 1, conflicts: 0, late_ms: { p50: 0, p90: 0, max: 0.4 } }
  assert.equal(publisherSentence(once), 'sent 1 event again: at once. The content was always the same.')
})

test('the window says how many duplicates were looked at, and whether they are all', () => {
  assert.equal(
    windowWords({ records: 100_000, since: '2026-01-31T09:30:00Z', complete: false }),
    'Of the newest 100,000 duplicates on record, since',
  )
  assert.equal(
    windowWords({ records: 1, since: '2026-01-31T09:30:00Z', complete: true }),
    'The one duplicate on record, of',
  )
})
