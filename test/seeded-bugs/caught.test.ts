/** Each seeded bug is noticed by the check that is said to notice it, and for the reason that it should. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { describe, type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { seededBugs } from '../../torture/bugs/index.ts'
import { runTestWith, startWith } from '../../torture/bugs/run-with-bug.ts'
import type { Catcher, FaultCatcher, SeededBug, TestCatcher } from '../../torture/bugs/seeded-bug.ts'
import type { Trial, TrialResult } from '../../torture/fault.ts'
import { runKills } from '../../torture/faults/kill.ts'
import { runPowerCuts } from '../../torture/faults/power.ts'
import { runSuspendedCommits } from '../../torture/faults/suspended-commit.ts'
import type { ServerStart } from '../../torture/server-process.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const torturePath = fileURLToPath(new URL('../../torture/main.ts', import.meta.url))

interface SmallFault {
  /** Any seed finds the bug, sooner or later. With this one the first crashes fall where it is found. */
  readonly seed: number
  readonly run: (trial: Trial, start: ServerStart) => Promise<TrialResult>
}

const faults: Readonly<Record<string, SmallFault>> = {
  // Before a commit is written, on a slow disk.
  kill: { seed: 7897, run: (trial, start) => runKills(trial, { ...start, kills: 30 }) },
  // Under load, on a fast disk.
  power: { seed: 183_027, run: (trial, start) => runPowerCuts(trial, { ...start, cuts: 20 }) },
  'suspended-commit': { seed: 1, run: runSuspendedCommits },
  // The primary is killed. The nodes run in the trial's process, which therefore is one with the bug.
  cluster: { seed: 0, run: (trial, start) => runInProcess('cluster', trial, start) },
}

// The time limit of a test run is that of one test, and these are many.
describe('seeded bugs', { concurrency: 3, timeout: 300_000 }, () => {
  for (const bug of seededBugs) {
    for (const catcher of bug.caughtBy) {
      test(`${bug.name} is caught by ${nameOf(catcher)}`, (t) =>
        catcher.kind === 'fault' ? assertFaultCatches(t, bug, catcher) : assertTestCatches(t, bug, catcher))
    }
  }
})

function nameOf(catcher: Catcher): string {
  return catcher.kind === 'fault' ? `the fault ${catcher.fault}` : `“${catcher.test}…” in ${catcher.file}`
}

async function assertTestCatches(t: TestContext, bug: SeededBug, catcher: TestCatcher): Promise<void> {
  const { code, output } = await runTestWith(bug, catcher, t.signal)
  assert.equal(code, 1, `the test did not go red:\n${output}`)
  assert.match(output, /^ *not ok /m)
  assert.match(output, catcher.sign)
}

async function assertFaultCatches(t: TestContext, bug: SeededBug, { fault, sign }: FaultCatcher): Promise<void> {
  const folder = temporaryFolder(t)
  const { seed, run } = faults[fault] ?? assert.fail(`there is no fault ${fault} here`)
  const { violations, tried } = await run({ seed, folder, signal: t.signal }, startWith(bug))
  t.diagnostic(`after ${tried}: ${violations[0]}`)
  assert.match(violations.join('\n'), sign)
}

/** @returns what the torture program says, line by line, if it says that a promise was broken. */
async function runInProcess(fault: string, { seed, folder, signal }: Trial, start: ServerStart): Promise<TrialResult> {
  const args = [...(start.nodeArgs ?? []), torturePath, '--only', fault, '--seed', String(seed), '--trials', '1']
  const { NODE_TEST_CONTEXT: _, ...inherited } = process.env
  const child = spawn(process.execPath, args, {
    env: { ...inherited, NODE_OPTIONS: '', ...start.env, TMPDIR: folder },
    stdio: ['ignore', 'pipe', 'inherit'],
    signal,
  })
  const [stdout, [code]] = await Promise.all([text(child.stdout), once(child, 'close')])
  return { tried: 1, violations: code === 1 ? stdout.split('\n').map((line) => line.trim()) : [] }
}
