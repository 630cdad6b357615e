/** The dedup index and its log agree after a kill at any moment, also in the middle of a flush or a merge. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { IndexBench } from '../stores/sqlite/index-bench.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { killWriter } from './kill-writer.ts'

test('kill -9 during flushes and merges loses no key and forgets none', async (t) => {
  const file = join(temporaryFolder(t), 'keys.db')
  // A run has 128 keys: these lie within flushes, merges to level 1 (every 1,024), and the merge to level 2 (8,192).
  for (const keys of [70, 200, 1050, 1300, 2100, 8200, 8600, 9300, 9400]) {
    const committed = await killWriter('index-writer', file, keys)
    const bench = new IndexBench(7, file)
    assert.ok(bench.keys.length >= committed)
    bench.checkAll()
    assert.equal(bench.db.prepare('PRAGMA integrity_check').get()?.integrity_check, 'ok')
    bench.db.close()
  }
})
