/** The torture program with faults that break nothing, to be run by runner.test.ts: node fake-torture.ts RESULTS PAGE [options] */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Fault } from '../../torture/fault.ts'
import { runProgram } from '../../torture/runner/program.ts'

const [results = '', page = '', ...args] = process.argv.slice(2)

const faults: Fault[] = [
  {
    name: 'harmless',
    what: 'does nothing',
    unit: 'nothings',
    independentUnit: 'nothing',
    trials: 300,
    run: async () => ({ tried: 2, violations: [] }),
  },
  {
    name: 'at-7',
    what: 'breaks a promise with the seed 7',
    unit: 'promises',
    trials: 3,
    async run({ seed, folder }) {
      writeFileSync(join(folder, 'left.txt'), String(seed))
      return { tried: 1, violations: seed === 7 ? ['I0: a promise was kept, and should not have been'] : [] }
    },
  },
  {
    name: 'elsewhere',
    what: 'needs another machine',
    unit: 'trials',
    trials: 1,
    run: () => Promise.reject(new Error('there is no such disk here')),
  },
  {
    name: 'endless',
    what: 'ends when it is told to',
    unit: 'trials',
    trials: 1,
    run: ({ signal }) =>
      new Promise((_, reject) => {
        const timer = setInterval(() => {}, 1000)
        signal.addEventListener('abort', () => {
          clearInterval(timer)
          reject(signal.reason)
        })
      }),
  },
]

await runProgram(args, {
  faults,
  bugs: [],
  command: 'fake-torture',
  resultsFolder: pathToFileURL(`${results}/`),
  pageFile: pathToFileURL(page),
})
