/** The time index against the log, with small runs; damage here has right checksums. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { CheckLog } from '../../../../src/stores/check-log.ts'
import { packPart, unpackPart } from '../../../../src/stores/sqlite/time/list-parts.ts'
import { openTimeCheck } from '../../../../src/stores/sqlite/verify/time-check.ts'
import { newFile } from '../sqlite-files.ts'
import { TimeBench } from '../time-bench.ts'

const runEvents = 512

function check({ db, events }: TimeBench): string[] {
  const log = new CheckLog('time_index', 'parts of lists')
  const opened = openTimeCheck({ db, runEvents, log })
  for (const { seq, topicId, ms, fraction } of events) {
    opened.event({ seq, topicId, instantMs: ms, instantFraction: fraction })
  }
  opened.end()
  return [...log.report().described]
}

/** Unordered times, many of them the same up to far behind the millisecond. */
function filled(t: TestContext): TimeBench {
  const bench = new TimeBench(newFile(t), runEvents)
  t.after(() => {
    bench.readerDb.close()
    bench.db.close()
  })
  for (let batch = 0; batch < 40; batch++) {
    bench.write(
      Array.from({ length: 100 }, (_, index) => ({
        topicId: 1 + (index % 7),
        ms: 1000 * ((index * 37 + batch) % 50),
        fraction: index % 3 === 0 ? `${'0123456789'.repeat(2)}${index}` : '',
      })),
    )
    bench.commit()
  }
  return bench
}

test('an index is as the log says, and what was changed in it is found', (t) => {
  const bench = filled(t)
  assert.deepEqual(check(bench), [])
  const { runs } = bench.db.prepare('SELECT count(*) AS runs FROM time_run').get() ?? {}
  assert.ok(Number(runs) >= 6, `${runs} runs`)
  const key = { run: 2, topicId: 3, part: 0 }
  const row = bench.db.prepare('SELECT entries FROM time_list WHERE run = 2 AND topic_id = 3 AND part = 0').get()
  const part = unpackPart(key, row?.entries as Uint8Array)
  for (const [sql, bytes, text] of [
    [
      'UPDATE time_list SET entries = ? WHERE run = 2 AND topic_id = 3',
      packPart(key, { ...part, count: part.count - 1 }),
      /^run 2 does not hold part 0 of topic number 3 as it must be$/,
    ],
    [
      'DELETE FROM time_list WHERE run = 3 AND topic_id = 0 AND ? IS NOT NULL',
      Buffer.of(1),
      /^run 3 does not hold part 0 of topic number 0 as it must be$/,
    ],
    ['INSERT INTO time_list VALUES (4, 99, 0, ?)', Buffer.of(1), /^run 4 holds more than its events$/],
    [
      'UPDATE time_run SET last_ms = last_ms + 1 WHERE run = 1 AND ? IS NOT NULL',
      Buffer.of(1),
      /^run 1 says that it has other times$/,
    ],
    ['DELETE FROM time_run WHERE run = 0 AND ? IS NOT NULL', Buffer.of(1), /^there are \d+ runs, up to number \d+$/],
  ] as const) {
    bench.db.exec('BEGIN')
    bench.db.prepare(sql).run(bytes)
    assert.match(check(bench)[0] ?? '', text)
    bench.db.exec('ROLLBACK')
  }
})
