/** The server of a benchmark: a process of its own, so that it shares no event loop with the load; or the one at --url. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { statfsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { maxListedTopics, readAllCounts, readTopicCounts, type ServerCounts, sumOfCounts } from './server-counts.ts'
import { openTemporaryFolder } from './temporary-folder.ts'

export interface BenchServer extends AsyncDisposable {
  readonly url: string
  /** Whether fsync costs nothing there, because the files are in memory. */
  readonly isOnMemoryDisk: boolean
  /** Of the benchmark's events. @param topicPrefix that its topics have and no others. */
  readCounts(topicPrefix: string, signal: AbortSignal): Promise<ServerCounts>
  /** How the server's process ended and what it said, if it did; waits a moment for that. */
  failure(): Promise<string | undefined>
}

/** A server of this process's own. */
export interface OwnBenchServer extends BenchServer {
  readonly pid: number
  /**
   * Ends its process, for those who go on with the store. Disposing is still needed.
   *
   * @throws Error when SIGTERM did not make it stop as it should.
   */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>
}

/** SQLite and the last requests need a moment; a process that takes longer is ended the hard way. */
const maxStopMs = 15_000
const maxKeptChars = 2000
/** From when its connections are lost until the end of its process is known. */
const maxFailureDelayMs = 1000

/**
 * Runs `sekali serve` on a free port. Disposing ends it, and removes its folder.
 *
 * @param store undefined: a SQLite file in a temporary folder.
 * @throws Error when it does not start; the signal's reason.
 */
export async function startBenchServer(store: string | undefined, signal: AbortSignal): Promise<OwnBenchServer> {
  signal.throwIfAborted()
  await using opened = new AsyncDisposableStack()
  const folder = store === undefined ? opened.use(openTemporaryFolder('sekali-bench-')) : undefined
  const storeUrl = store ?? `sqlite:${join(folder?.path ?? '', 'bench.db')}`
  const child = startServeProcess(storeUrl)
  let errorText = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    errorText = (errorText + text).slice(-maxKeptChars)
  })
  // Also when this process is ended at once, as by a second Ctrl-C.
  const endAtOnce = () => {
    child.kill('SIGKILL')
    folder?.[Symbol.dispose]()
  }
  process.on('exit', endAtOnce)
  opened.defer(async () => {
    await endProcess(child, 'SIGTERM')
    process.off('exit', endAtOnce)
  })
  // `close` comes after all that it printed was read.
  const ended = once(child, 'close').then(
    ([code, name]) => `the benchmark's server ended with ${name ?? code}: ${errorText.trim()}`,
    (thrown: Error) => `the benchmark's server did not start: ${thrown.message}`,
  )
  const url = await firstUrl(child, ended, signal)
  const resources = opened.move()
  return {
    url,
    isOnMemoryDisk: folder !== undefined && isMemoryDisk(folder.path),
    readCounts: (_, until) => readAllCounts(url, until),
    failure: () => Promise.race([ended, pause(maxFailureDelayMs, undefined, { ref: false })]),
    pid: child.pid ?? 0,
    async end(how) {
      await endProcess(child, how)
      if (how === 'SIGTERM' && child.exitCode !== 0) throw new Error(await ended)
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  }
}

/** The server at --url, which is left as it is. */
export function joinBenchServer(url: string): BenchServer {
  return {
    url,
    isOnMemoryDisk: false,
    failure: async () => undefined,
    async readCounts(topicPrefix, signal) {
      const topics = await readTopicCounts(url, signal)
      if (topics.length >= maxListedTopics) {
        throw new Error(`${url} has more topics than it lists, so its counters cannot be compared; leave out --url`)
      }
      return sumOfCounts(topics.filter(({ topic }) => topic.startsWith(topicPrefix)))
    },
    [Symbol.asyncDispose]: async () => {},
  }
}

function startServeProcess(store: string): ChildProcess {
  // The file beside this one: .ts in a clone, .js in the package.
  const main = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? 'main.ts' : 'main.js', import.meta.url))
  const options = ['--host', '127.0.0.1', '--port', '0', '--log-level', 'error', '--store', store]
  return spawn(process.execPath, [...process.execArgv, main, 'serve', ...options], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

/** Resolves when the process says where it listens. */
async function firstUrl(child: ChildProcess, ended: Promise<string>, signal: AbortSignal): Promise<string> {
  const found = Promise.withResolvers<string>()
  const onAbort = () => found.reject(signal.reason)
  signal.addEventListener('abort', onAbort)
  let text = ''
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    text = (text + chunk).slice(0, maxKeptChars)
    const url = /http:\/\/\S+(?=\s)/.exec(text)?.[0]
    if (url !== undefined) found.resolve(url)
  })
  void ended.then((failure) => found.reject(new Error(failure)))
  try {
    return await found.promise
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

async function endProcess(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  const timer = setTimeout(() => child.kill('SIGKILL'), maxStopMs)
  child.kill(signal)
  await exited
  clearTimeout(timer)
}

const tmpfsMagic = 0x01021994

function isMemoryDisk(path: string): boolean {
  return process.platform === 'linux' && statfsSync(path).type === tmpfsMagic
}
