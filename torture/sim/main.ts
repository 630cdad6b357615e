/**
 * Runs seeds of the simulation, for whoever looks into one:
 *
 *   node torture/sim/main.ts --seed 17 --trace      every step of seed 17
 *   node torture/sim/main.ts --seed 0 --count 5000  which of these seeds broke a promise
 *   … --hashes                                      what each seed did, as a number
 */
import { parseArgs } from 'node:util'
import { runSeed } from './run-seed.ts'

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '0' },
    count: { type: 'string', default: '1' },
    trace: { type: 'boolean', default: false },
    hashes: { type: 'boolean', default: false },
  },
})
const print = (line: string) => void process.stdout.write(`${line}\n`)
const [first, count] = [Number(values.seed), Number(values.count)]
const startedAtMs = performance.now()
let [crashes, steps, acknowledged, red] = [0, 0, 0, 0]
for (let at = 0; at < count; at++) {
  const result = await runSeed((first + at) >>> 0, values.trace ? print : undefined)
  crashes += result.crashes
  steps += result.steps
  acknowledged += result.acknowledged
  if (values.hashes) print(`${result.seed} ${result.hash}`)
  if (result.violations.length === 0) continue
  red++
  print([`seed ${result.seed} broke a promise:`, ...result.violations].join('\n  '))
}
const elapsedMs = Math.round(performance.now() - startedAtMs)
print(`${count} seeds in ${elapsedMs} ms: ${steps} steps, ${crashes} crashes, ${acknowledged} events acknowledged`)
print(red === 0 ? 'every promise held' : `${red} seeds broke a promise`)
if (red > 0) process.exitCode = 1
