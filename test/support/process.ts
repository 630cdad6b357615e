/** The command line as a real process. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'

export const mainPath = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunningProcess {
  readonly child: ChildProcess
  /** Everything printed so far. */
  readonly output: { stdout: string; stderr: string }
  readonly exited: Promise<Exit>
}

export interface RunOptions {
  readonly env?: Record<string, string>
  readonly cwd?: string
  readonly stdin?: string
  /** In a process group of its own, whose id is the process's, as a shell would start it. */
  readonly hasOwnGroup?: true
}

/** Starts `sekali` with these arguments; killed after the test if it still runs. */
export function startSekali(t: TestContext, args: readonly string[], options: RunOptions = {}): RunningProcess {
  const child = spawn(process.execPath, [mainPath, ...args], {
    env: { ...process.env, NODE_OPTIONS: '', ...options.env },
    cwd: options.cwd,
    detached: options.hasOwnGroup === true,
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const output = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text))
  child.stdin.on('error', () => {})
  child.stdin.end(options.stdin ?? '')
  const exited = once(child, 'close').then(([code, signal]) => ({ code, signal, ...output }) as Exit)
  t.after(async () => {
    child.kill('SIGKILL')
    if (options.hasOwnGroup) killGroup(child)
    await exited
  })
  return { child, output, exited }
}

function killGroup({ pid = 0 }: ChildProcess): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch (thrown) {
    // ESRCH: nothing of it is left, as it should be.
    if ((thrown as NodeJS.ErrnoException).code !== 'ESRCH') throw thrown
  }
}

/** Runs `sekali` to its end. */
export function runSekali(t: TestContext, args: readonly string[], options: RunOptions = {}): Promise<Exit> {
  return startSekali(t, args, options).exited
}

export interface ServerProcess extends RunningProcess {
  readonly url: string
}

/** Starts `sekali serve` on a free port and waits until it listens. @throws Error with its stderr when it ends instead. */
export async function startServerProcess(
  t: TestContext,
  args: readonly string[],
  options: RunOptions = {},
): Promise<ServerProcess> {
  const running = startSekali(t, ['serve', '--port', '0', ...args], options)
  const url = await new Promise<string>((resolve, reject) => {
    running.child.stdout?.on('data', () => {
      const found = /http:\/\/\S+/.exec(running.output.stdout)
      if (found !== null) resolve(found[0])
    })
    running.exited.then((exit) => reject(new Error(`sekali serve ended with ${exit.code}: ${exit.stderr}`)), reject)
  })
  return { ...running, url }
}
