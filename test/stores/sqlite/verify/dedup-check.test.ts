/** The dedup index against the log, with small runs so that every level is met; damage here has right checksums. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CheckLog } from '../../../../src/stores/check-log.ts'
import { geometryOf } from '../../../../src/stores/sqlite/dedup/geometry.ts'
import { openIndexPages } from '../../../../src/stores/sqlite/dedup/index-pages.ts'
import { openDedupCheck } from '../../../../src/stores/sqlite/verify/dedup-check.ts'
import { runCheck } from '../../../../src/stores/sqlite/verify/run-check.ts'
import { IndexBench, newKeys } from '../index-bench.ts'

const geometry = geometryOf(6)
const segmentKeys = 64 * 64

function check({ db }: IndexBench): string[] {
  const log = new CheckLog('dedup_index', 'keys on pages')
  const rows = db.prepare('SELECT * FROM log ORDER BY seq').all()
  runCheck(log, () => {
    const opened = openDedupCheck({ db, geometry, lastSeq: Number(rows.at(-1)?.seq ?? 0), log })
    for (const row of rows) {
      opened?.event({ seq: Number(row.seq), topicId: Number(row.topic_id), eventId: String(row.event_id) })
    }
    const find = db.prepare('SELECT topic_id, event_id FROM log WHERE seq = ?')
    opened?.end(
      (seq) => JSON.stringify(find.get(seq)),
      () => {},
    )
  })
  return [...log.report().described]
}

function filled(keys: number): IndexBench {
  const bench = new IndexBench(6)
  while (bench.keys.length < keys) bench.append(newKeys(50))
  return bench
}

test('an index is as the log says after every single step of flushes and merges', () => {
  const bench = new IndexBench(6)
  for (let batch = 0; batch < 130; batch++) {
    bench.append(newKeys(48))
    assert.deepEqual(check(bench), [], `after ${bench.keys.length} keys`)
  }
})

test('all levels are looked at: damage to a page or a filter of any of them is found', () => {
  for (const [table, column] of [
    ['dedup_page_0', 'page'],
    ['dedup_page_1', 'page'],
    ['dedup_page_2', 'page'],
    ['dedup_filter', 'words'],
  ] as const) {
    const bench = filled(segmentKeys + 64 * 21)
    assert.deepEqual(check(bench), [])
    // The last one: the first may be merged and wait for its deletion.
    const { id } = bench.db.prepare(`SELECT max(id) AS id FROM ${table}`).get() ?? {}
    bench.db.prepare(`UPDATE ${table} SET ${column} = zeroblob(400) WHERE id <= ?`).run(Number(id))
    assert.match(check(bench)[0] ?? '', /has a wrong checksum/, table)
  }
})

test('an event that the index does not hold, or holds under another key, is named', () => {
  const bench = filled(segmentKeys + 64 * 9)
  bench.db.exec(`UPDATE log SET event_id = 'other' WHERE seq = 100; DELETE FROM log WHERE seq = ${segmentKeys + 17}`)
  const pages = openIndexPages(bench.db, geometry)
  const entries = pages.readPage(2, 5)
  bench.db.exec('DELETE FROM dedup_page_2 WHERE id = 5')
  pages.writePage(2, 5, entries.slice(2))
  const lost = ((entries[1] ?? 0) >>> 8).toString()
  const found = check(bench)
  assert.ok(found.includes(`event ${lost} is not in the index`), found.join('\n'))
  assert.ok(found.includes('event 100 is in the index under another key'), found.join('\n'))
  assert.ok(found.includes(`the index holds seq ${segmentKeys + 17}, which the log does not`), found.join('\n'))
  assert.ok(found.length <= 4, found.join('\n'))
})

test('a filter that does not know its keys is found, because it would let them in again', () => {
  const bench = filled(segmentKeys + 64 * 9)
  openIndexPages(bench.db, geometry).writeChunk(0, new Int32Array(2 ** 7 * 16))
  assert.match(check(bench).join('\n'), /event \d+ is not in its filter/)
})

test('a pair that is stored twice is found, wherever the two are', () => {
  for (const [first, second] of [
    [7, segmentKeys + 64 * 9],
    [segmentKeys + 70, segmentKeys + 64 * 9],
    [5, 4000],
    [segmentKeys + 64 * 9 - 1, segmentKeys + 64 * 9],
  ] as const) {
    const bench = filled(segmentKeys + 64 * 9 + 50)
    bench.db
      .prepare('UPDATE log SET (topic_id, event_id) = (SELECT topic_id, event_id FROM log WHERE seq = ?) WHERE seq = ?')
      .run(first, second)
    bench.rebuild()
    const found = check(bench)
    assert.equal(found.length, 1, found.join('\n'))
    assert.match(found[0] ?? '', new RegExp(`is stored twice: as seq ${first} and as seq ${second}$`))
  }
})
