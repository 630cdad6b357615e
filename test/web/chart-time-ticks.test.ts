import assert from 'node:assert/strict'
import { test } from 'node:test'
import { timeTicks } from '../../web/src/ui/chart/time-ticks.ts'

const at = (text: string): number => Date.parse(text)
const utc = () => 0
const texts = (ms: readonly number[]) => ms.map((each) => new Date(each).toISOString().slice(0, 16))

test('labels stand at round moments of the clock that the reader chose', () => {
  const range = { fromMs: at('2026-03-01T10:07:00Z'), toMs: at('2026-03-01T11:07:00Z') }
  assert.deepEqual(texts(timeTicks(range, 4, utc).atMs), [
    '2026-03-01T10:15',
    '2026-03-01T10:30',
    '2026-03-01T10:45',
    '2026-03-01T11:00',
  ])
  const day = { fromMs: at('2026-03-01T00:00:00Z'), toMs: at('2026-03-03T00:00:00Z') }
  const india = () => 5.5 * 3_600_000
  assert.deepEqual(texts(timeTicks(day, 3, india).atMs), ['2026-03-01T18:30', '2026-03-02T18:30'])
})

test('days stay at midnight when the clock changes between them', () => {
  const changeMs = at('2026-03-29T01:00:00Z')
  const berlin = (ms: number) => (ms < changeMs ? 1 : 2) * 3_600_000
  const range = { fromMs: at('2026-03-27T23:00:00Z'), toMs: at('2026-03-31T22:00:00Z') }
  assert.deepEqual(texts(timeTicks(range, 5, berlin).atMs), [
    '2026-03-27T23:00',
    '2026-03-28T23:00',
    '2026-03-29T22:00',
    '2026-03-30T22:00',
    '2026-03-31T22:00',
  ])
})

test('there are never more labels than have room, whatever the range', () => {
  for (let widthMs = 6; widthMs < 4e13; widthMs *= 3) {
    const { atMs } = timeTicks({ fromMs: 1_700_000_000_123, toMs: 1_700_000_000_123 + widthMs }, 6, utc)
    assert.ok(atMs.length > 0 && atMs.length <= 7, `${widthMs} ms: ${atMs.length}`)
  }
})
