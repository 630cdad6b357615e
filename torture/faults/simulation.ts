/**
 * Deterministic simulation of the core: the pipeline and the dedup index that ship, with time, order, randomness, network and
 * disk drawn from a seed. A trial is a block of seeds; each of them can be run again alone, bit for bit.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Fault } from '../fault.ts'
import { runBlock } from '../sim/block.ts'

export const seedsPerTrial = 1000

export const simulationFault: Fault = {
  name: 'simulation',
  what: 'the core with clock, order, network and disk drawn from a seed: crashes, lost writes, refused commits, clock jumps',
  unit: 'seeds',
  independentUnit: 'seed',
  trials: 100,
  async run({ seed, folder, signal }) {
    const results = await runBlock({ first: Math.imul(seed, seedsPerTrial) >>> 0, count: seedsPerTrial }, signal)
    const red = results.filter(({ violations }) => violations.length > 0)
    const violations = red.flatMap((result) =>
      result.violations.map((text) => `${text}; node torture/sim/main.ts --seed ${result.seed} --trace`),
    )
    if (violations.length > 0) writeFileSync(join(folder, 'violations.txt'), violations.join('\n'))
    return { tried: results.length, violations }
  },
}
