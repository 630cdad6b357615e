/** The time index and its log agree after a kill at any moment, also in the middle of writing a run. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { TimeBench } from '../stores/sqlite/time-bench.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { killWriter } from './kill-writer.ts'

test('kill -9 while runs are written changes no listing', async (t) => {
  const file = join(temporaryFolder(t), 'events.db')
  // A run has 512 events and is written while the first 341 of the next arrive: these lie before, within and after that.
  for (const count of [300, 600, 700, 1200, 1300, 1500, 1600, 2600]) {
    const committed = await killWriter('time-writer', file, count)
    const bench = new TimeBench(file, 512)
    assert.ok(bench.lastSeq >= committed)
    assert.equal(bench.events.length, bench.lastSeq)
    bench.assertAllSame()
    const { runs } = bench.db.prepare('SELECT count(*) AS runs FROM time_run').get() ?? {}
    assert.ok(Number(runs) >= Math.floor(count / 512) - 1, `${runs} runs`)
    assert.equal(bench.db.prepare('PRAGMA integrity_check').get()?.integrity_check, 'ok')
    bench.close()
  }
})
