/** Lets a bug be caught: runs what should notice it on a program that has it. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import type { ServerStart } from '../server-process.ts'
import { bugVariable, type SeededBug, type TestCatcher } from './seeded-bug.ts'

const registerPath = fileURLToPath(new URL('./register.ts', import.meta.url))
const repository = fileURLToPath(new URL('../../', import.meta.url))

export interface TestRun {
  readonly code: number | null
  readonly output: string
}

/** What a server is started with, so that it has the bug. */
export function startWith({ name }: SeededBug): ServerStart {
  return { nodeArgs: ['--import', registerPath], env: { [bugVariable]: name } }
}

/** Runs the one test in a process of its own that has the bug. */
export async function runTestWith(bug: SeededBug, catcher: TestCatcher, signal: AbortSignal): Promise<TestRun> {
  const pattern = catcher.test.replace(/[^\w ]/g, '.')
  const args = ['--test-reporter=tap', `--test-name-pattern=${pattern}`, catcher.file]
  const { nodeArgs = [], env } = startWith(bug)
  const { NODE_TEST_CONTEXT: _, ...inherited } = process.env
  const child = spawn(process.execPath, [...nodeArgs, ...args], {
    cwd: repository,
    env: { ...inherited, NODE_OPTIONS: '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    signal,
  })
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return { code, output: stdout + stderr }
}
