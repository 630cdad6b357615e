/** Programs under test: found, started on a free loopback port with a folder of their own, and ended by process id. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants } from 'node:fs'
import { connect, createServer } from 'node:net'
import { delimiter, join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { openTemporaryFolder } from '../../src/cli/temporary-folder.ts'
import type { Availability } from './peer.ts'

export const benchFolderPrefix = 'sekali-bench-'

const startTimeoutMs = 20_000
const stopTimeoutMs = 10_000
const retryMs = 20
/** Of what a server printed, kept for the error when it does not start. */
const maxPrintedChars = 4000

export interface ProgramUser {
  readonly uid: number
  readonly gid: number
}

export interface ServerCommand {
  readonly program: string
  readonly args: readonly string[]
  readonly stopSignal?: NodeJS.Signals
  /** Undefined is the user of this process. */
  readonly user?: ProgramUser | undefined
}

export interface ServerPlace {
  readonly folder: string
  readonly port: number
}

export interface ServerProcess extends AsyncDisposable {
  readonly child: ChildProcess
  /** The last of what it printed. */
  readonly printed: string
}

/** @returns undefined when none of the folders, nor PATH, has a program of this name. */
export function findProgram(name: string, folders: readonly string[] = []): string | undefined {
  const paths = [...folders, ...(process.env.PATH ?? '').split(delimiter)].map((folder) => join(folder, name))
  return paths.find((path) => {
    try {
      accessSync(path, constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

/** @param program as found; its version is the first dotted number that `--version` prints. */
export function availabilityOf(program: string | undefined): Availability {
  if (program === undefined) return { missing: 'not installed' }
  const printed = execFileSync(program, ['--version'], { encoding: 'utf8' })
  return { version: /\d+(?:\.\d+)+/.exec(printed)?.[0] ?? printed.trim() }
}

/**
 * Starts a server in an empty folder and waits until it takes clients.
 *
 * @param tryClient rejects while the server is not ready.
 */
export async function openServer(
  commandFor: (place: ServerPlace) => ServerCommand,
  tryClient: (port: number) => Promise<void> = tryConnection,
): Promise<AsyncDisposable & { readonly port: number }> {
  await using opened = new AsyncDisposableStack()
  const folder = opened.use(openTemporaryFolder(benchFolderPrefix))
  const port = await freePort()
  const server = opened.use(startServerProcess(commandFor({ folder: folder.path, port }), folder.path))
  await untilReady(server, () =>
    tryClient(port).then(
      () => true,
      () => undefined,
    ),
  )
  const owned = opened.move()
  return { port, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

export function startServerProcess(command: ServerCommand, cwd: string): ServerProcess {
  const { program, args, user, stopSignal = 'SIGTERM' } = command
  const child = spawn(program, args, { ...user, cwd, stdio: ['ignore', 'pipe', 'pipe'] })
  const exited = once(child, 'exit')
  exited.catch(() => {})
  let printed = ''
  const keepLast = (text: string) => {
    printed = (printed + text).slice(-maxPrintedChars)
  }
  child.stdout.setEncoding('utf8').on('data', keepLast)
  child.stderr.setEncoding('utf8').on('data', keepLast)
  return {
    child,
    get printed() {
      return printed
    },
    async [Symbol.asyncDispose]() {
      if (hasEnded(child)) return
      child.kill(stopSignal)
      const inTime = new AbortController()
      const killing = setTimeout(stopTimeoutMs, undefined, { signal: inTime.signal }).then(
        () => child.kill('SIGKILL'),
        () => {},
      )
      await exited
      inTime.abort()
      await killing
    },
  }
}

/** Asks again until there is an answer, the server has ended, or it is too late. */
export async function untilReady<T>(server: ServerProcess, ask: () => Promise<T | undefined>): Promise<T> {
  const deadlineMs = performance.now() + startTimeoutMs
  while (performance.now() < deadlineMs && !hasEnded(server.child)) {
    const answer = await ask()
    if (answer !== undefined) return answer
    await setTimeout(retryMs)
  }
  throw new Error(`${server.child.spawnfile} did not start: ${server.printed}`)
}

function hasEnded(child: ChildProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null
}

async function tryConnection(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
  } finally {
    socket.destroy()
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('a TCP server has no port')
  return address.port
}
