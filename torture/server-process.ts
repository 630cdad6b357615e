/** A server as a process of its own, as a trial needs it: it can be started in wrong ways, and dies with the trial. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream, readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const stopPollMs = 1
const maxStopMs = 10_000
/** Saves a quarter of each start. */
const compileCache = join(tmpdir(), 'sekali-torture-compile-cache')

const mainPath = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url))

/** What a trial starts its servers with besides: a bug that is switched on, a shim. */
export interface ServerStart {
  /** Before the program: `--import …`. */
  readonly nodeArgs?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

export interface ServerProcessOptions extends ServerStart {
  /** As in `--store`. */
  readonly store: string
  /** The log, appended to. */
  readonly logFile: string
  /** A program and its arguments that ends with `exec "$@"`: what the server is started through. */
  readonly wrapper?: readonly string[]
}

export interface ServerExit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface ServerProcess extends AsyncDisposable {
  readonly child: ChildProcess
  readonly pid: number
  /** Resolves with the URL when it listens; rejects when it ends before. */
  readonly listening: Promise<string>
  readonly exited: Promise<ServerExit>
  /** kill -9, and waits for the end. */
  kill(): Promise<void>
}

/** Starts it; the process that calls is the only one it outlives by nothing, also when that one is killed. */
export function startServer(options: ServerProcessOptions): ServerProcess {
  const { store, logFile, nodeArgs = [], env = {}, wrapper = [] } = options
  const serve = [
    process.execPath,
    ...nodeArgs,
    mainPath,
    'serve',
    '--port',
    '0',
    '--log-level',
    'warn',
    '--store',
    store,
  ]
  // The kernel kills it when its parent dies, whatever that dies of.
  const [command = '', ...args] = ['setpriv', '--pdeathsig', 'KILL', ...wrapper, ...serve]
  const { NODE_TEST_CONTEXT: _, ...inherited } = process.env
  const child = spawn(command, args, {
    env: { ...inherited, NODE_OPTIONS: '', NODE_COMPILE_CACHE: compileCache, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const log = createWriteStream(logFile, { flags: 'a' })
  child.stderr.pipe(log)
  const ended = Promise.withResolvers<ServerExit>()
  child.once('error', ended.reject)
  child.once('exit', (code, signal) => ended.resolve({ code, signal }))
  const listening = Promise.withResolvers<string>()
  let printed = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    log.write(text)
    printed += text
    const found = /http:\/\/\S+/.exec(printed)
    if (found !== null) listening.resolve(found[0])
  })
  ended.promise.then(
    ({ code, signal }) => listening.reject(new Error(`sekali serve ended before it listened: ${signal ?? code}`)),
    listening.reject,
  )
  // Whoever starts a server only to kill it does not ask.
  listening.promise.catch(() => {})
  const kill = async () => {
    child.kill('SIGKILL')
    await ended.promise
  }
  return {
    child,
    pid: child.pid ?? 0,
    listening: listening.promise,
    exited: ended.promise,
    kill,
    async [Symbol.asyncDispose]() {
      await kill()
      if (!child.stderr.closed) await once(child.stderr, 'close')
    },
  }
}

/** Suspends it, and waits until none of its threads is within a system call. */
export async function stopAllThreads({ pid, child }: ServerProcess): Promise<void> {
  child.kill('SIGSTOP')
  for (let waitedMs = 0; waitedMs < maxStopMs; waitedMs += stopPollMs) {
    if (isStopped(pid)) return
    await pause(stopPollMs)
  }
  throw new Error('the server did not stop in time')
}

/** False when it has ended. */
export function isStopped(pid: number): boolean {
  try {
    const tasks = readdirSync(`/proc/${pid}/task`)
    return tasks.every((task) => /\) [TZXt] /.test(readFileSync(`/proc/${pid}/task/${task}/stat`, 'latin1')))
  } catch {
    return false
  }
}
