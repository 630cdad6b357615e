/** The torture program: `npm run torture -- [options]`. */
import { seededBugs } from './bugs/index.ts'
import { faults } from './faults/index.ts'
import { runProgram } from './runner/program.ts'

const folder = new URL('./', import.meta.url)

await runProgram(process.argv.slice(2), {
  faults,
  bugs: seededBugs,
  command: 'npm run torture --',
  resultsFolder: new URL('results/', folder),
  pageFile: new URL('../docs/torture.md', folder),
})
