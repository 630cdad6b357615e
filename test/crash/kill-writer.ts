/** Runs one of the writers in this folder and kills it. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/**
 * Lets a writer go on until it has committed this many, and kills it as the system would.
 *
 * @returns the last number that it said was committed.
 */
export async function killWriter(module: string, file: string, count: number): Promise<number> {
  const path = fileURLToPath(new URL(`./${module}.ts`, import.meta.url))
  const child = spawn(process.execPath, [path, file], { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  let committed = 0
  for await (const line of createInterface(child.stdout)) {
    committed = Number(line)
    if (committed >= count) child.kill('SIGKILL')
  }
  assert.equal((await exited)[1], 'SIGKILL')
  return committed
}
