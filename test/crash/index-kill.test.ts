/** The dedup index and its log agree after a kill at any moment, also in the middle of a flush or a merge. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { IndexBench } from '../stores/sqlite/index-bench.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const writer = fileURLToPath(new URL('./index-writer.ts', import.meta.url))

/** Lets the writer go on until it has this many keys, kills it, and returns the last number that it said was committed. */
async function runUntil(file: string, keys: number): Promise<number> {
  const child = spawn(process.execPath, [writer, file], { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  let committed = 0
  for await (const line of createInterface(child.stdout)) {
    committed = Number(line)
    if (committed >= keys) child.kill('SIGKILL')
  }
  assert.equal((await exited)[1], 'SIGKILL')
  return committed
}

test('kill -9 during flushes and merges loses no key and forgets none', async (t) => {
  const file = join(temporaryFolder(t), 'keys.db')
  // A run has 128 keys: these lie within flushes, merges to level 1 (every 1,024), and the merge to level 2 (8,192).
  for (const keys of [70, 200, 1050, 1300, 2100, 8200, 8600, 9300, 9400]) {
    const committed = await runUntil(file, keys)
    const bench = new IndexBench(7, file)
    assert.ok(bench.keys.length >= committed)
    bench.checkAll()
    assert.equal(bench.db.prepare('PRAGMA integrity_check').get()?.integrity_check, 'ok')
    bench.db.close()
  }
})
