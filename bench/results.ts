/** Keeps what was measured, with what somebody else needs to measure it again. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { version } from '../src/app/own-package.ts'
import type { Report } from './command.ts'
import { describeCommit, describeMachine } from './machine.ts'

/** @param name of the benchmark. @param command how it was run. @returns the files, relative to the repository. */
export function keepReport(name: string, command: string, { result, budgets, picture }: Report): string[] {
  mkdirSync(new URL('results/', import.meta.url), { recursive: true })
  const kept = {
    measuredAt: new Date().toISOString(),
    sekali: version,
    node: process.version,
    commit: describeCommit(),
    command,
    machine: describeMachine(),
    ...result,
    budgets,
  }
  const files = [{ file: `results/${name}.json`, text: `${JSON.stringify(kept, undefined, 2)}\n` }]
  if (picture !== undefined) files.push({ file: `results/${name}.svg`, text: picture })
  for (const { file, text } of files) writeFileSync(new URL(file, import.meta.url), text)
  return files.map(({ file }) => `bench/${file}`)
}
