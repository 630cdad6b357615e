/**
 * Runs seeds of the simulation, for whoever looks into one:
 *
 *   node torture/sim/main.ts --seed 17 --trace      every step of seed 17
 *   node torture/sim/main.ts --seed 0 --count 5000  what these seeds gave
 */
import { parseArgs } from 'node:util'
import { runSeed } from './run-seed.ts'

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '0' },
    count: { type: 'string', default: '1' },
    trace: { type: 'boolean' },
  },
})
const first = Number(values.seed)
const startedAtMs = performance.now()
const print = (line: string) => void process.stdout.write(`${line}\n`)
let [crashes, steps, acknowledged, red] = [0, 0, 0, 0]
for (let seed = first; seed < first + Number(values.count); seed++) {
  const result = await runSeed(seed, values.trace === true ? print : undefined)
  crashes += result.crashes
  steps += result.steps
  acknowledged += result.acknowledged
  if (result.violations.length === 0 && values.count !== '1') continue
  red += Math.min(1, result.violations.length)
  print(`seed ${seed} ${result.hash} ${result.steps} steps, ${result.crashes} crashes`)
  for (const violation of result.violations) print(`  ${violation}`)
}
const elapsedMs = performance.now() - startedAtMs
print(
  `${values.count} seeds in ${Math.round(elapsedMs)} ms, ${red} red; ${crashes} crashes, ${steps} steps, ` +
    `${acknowledged} events acknowledged`,
)
if (red > 0) process.exitCode = 1
