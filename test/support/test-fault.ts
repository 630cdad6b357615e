/** A few trials of a fault of the torture program as a test of every run, each with another seed, which is printed. */
import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Fault } from '../../torture/fault.ts'

export interface FaultTestOptions {
  readonly trials: number
  /** Trials at a time. */
  readonly lanes?: number
}

/** What a trial that did not hold has left is kept, and named. */
export function testFault(sentence: string, fault: Fault, { trials, lanes = 1 }: FaultTestOptions): void {
  test(sentence, async (t) => {
    const top = mkdtempSync(join(tmpdir(), `sekali-${fault.name}-`))
    const firstSeed = randomInt(2 ** 31)
    t.diagnostic(`seeds from ${firstSeed}`)
    let begun = 0
    const runLane = async () => {
      while (begun < trials) {
        const seed = firstSeed + begun++
        const folder = join(top, String(seed))
        mkdirSync(folder)
        const { tried, violations } = await fault.run({ seed, folder, signal: t.signal })
        assert.deepEqual(violations, [], `seed ${seed}, kept in ${folder}`)
        assert.ok(tried > 0, `seed ${seed} has tried nothing`)
        rmSync(folder, { recursive: true })
      }
    }
    await Promise.all(Array.from({ length: lanes }, runLane))
    rmSync(top, { recursive: true })
  })
}
