import assert from 'node:assert/strict'
import { test } from 'node:test'
import { volumeInWords } from '../../web/src/screens/system/volume.ts'
import { namesThatFit, readView, sortAfterClick, topicsPage } from '../../web/src/screens/topics/topic-list.ts'

const topic = (name: string, events: number, duplicates = 0) => ({
  topic: name,
  events,
  duplicates,
  conflicts: 0,
  last_seq: 1,
  first_seen_at: '2026-01-01',
  last_seen_at: '2026-01-01',
})
const view = (query: string) => readView(new URLSearchParams(query))
const names = (query: string, ...topics: readonly ReturnType<typeof topic>[]) =>
  topicsPage(topics, view(query), 2).shown.map(({ topic: name }) => name)

test('the address says what is shown, and nonsense in it is the usual view', () => {
  const usual = { filter: '', column: 'last', isDescending: true, page: 1 }
  assert.deepEqual(view(''), usual)
  assert.deepEqual(view('sort=nonsense&page=-3'), usual)
  assert.deepEqual(view('sort=share&q=a&page=2'), { filter: 'a', column: 'share', isDescending: false, page: 2 })
})

test('topics are sorted by the column, ties by name', () => {
  const topics = [topic('b', 1), topic('a', 1), topic('c', 2)]
  assert.deepEqual(names('sort=-events', ...topics), ['c', 'a'])
  assert.deepEqual(names('sort=-events&page=2', ...topics), ['b'])
  assert.deepEqual(names('sort=-share', topic('few', 1, 3), topic('many', 100, 50)), ['few', 'many'])
})

test('a page behind the last is the last', () => {
  assert.deepEqual(topicsPage([topic('a', 1)], view('page=9'), 2).page, 1)
})

test('the filter looks into names whatever their case', () => {
  assert.deepEqual(names('q=ORD', topic('my.orders', 1), topic('logs', 1)), ['my.orders'])
})

test('a click sorts the other way, or by another column with its largest first', () => {
  assert.equal(sortAfterClick(view('sort=-events'), 'events'), 'events')
  assert.equal(sortAfterClick(view(''), 'events'), '-events')
  assert.equal(sortAfterClick(view(''), 'topic'), 'topic')
  assert.equal(sortAfterClick(view('sort=topic'), 'last'), undefined)
})

test('as many names are asked for as an address has room for', () => {
  assert.deepEqual(namesThatFit(['aaaa', 'bbbb'], 10), ['aaaa'])
  assert.deepEqual(namesThatFit(['ééé', 'b'], 20), [])
  assert.deepEqual(namesThatFit(['a', 'b'], 100), ['a', 'b'])
})

test('a store that a container would lose is said to be one', () => {
  assert.equal(volumeInWords(null), undefined)
  assert.equal(volumeInWords({ point: '/data', type: 'ext4', is_own_volume: true })?.warning, undefined)
  assert.match(volumeInWords({ point: '/', type: 'overlay', is_own_volume: false })?.warning ?? '', /unless a volume/)
})
