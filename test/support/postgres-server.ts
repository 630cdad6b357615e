/**
 * Real PostgreSQL servers for tests: each in a folder of its own, on a free port of the loopback, under an unprivileged uid
 * when the tests run as root (PostgreSQL refuses to). All end with the process that started them.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, existsSync, mkdtempSync, readFileSync, statfsSync } from 'node:fs'
import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import pg from 'pg'
import { binFolder } from './postgres-binaries.ts'

export type Settings = Readonly<Record<string, string | number>>

/** How a server ends: `fast` disconnects everybody, `immediate` does not write a checkpoint, `kill` is kill -9. */
export type StopMode = 'fast' | 'immediate' | 'kill'

const user = 'sekali'
const stopSignals = { fast: 'SIGINT', immediate: 'SIGQUIT', kill: 'SIGKILL' } as const
const startTries = 5
const pollMs = 5
/** `nobody`. */
const unprivilegedId = 65_534
const minRoomBytes = 2 * 1024 ** 3

/** Settings that take time or memory away from nobody else, and none that makes an answer mean less. */
const testSettings: Settings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  shared_buffers: '64MB',
  max_wal_size: '256MB',
  max_connections: 60,
  logging_collector: 'off',
  lc_messages: 'C',
  // In the server's own folder, so that it is removed with it also after a kill -9.
  dynamic_shared_memory_type: 'mmap',
}

const identity = process.getuid?.() === 0 ? { uid: unprivilegedId, gid: unprivilegedId } : {}

export class PostgresServer {
  readonly folder: string
  readonly port: number
  #settings: Settings
  #process: ChildProcess | undefined
  #log = ''

  private constructor(folder: string, port: number, settings: Settings) {
    this.folder = folder
    this.port = port
    this.#settings = settings
  }

  /** A new server with nothing in it, started. @param parent where its folder is made: in memory unless said otherwise. */
  static async create(settings: Settings = {}, parent = roomyFolder()): Promise<PostgresServer> {
    const folder = newFolder(parent)
    await promisify(execFile)(
      join(binFolder, 'initdb'),
      ['-D', join(folder, 'data'), '-U', user, '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'],
      { ...identity, env: {} },
    )
    return PostgresServer.#startOnFreePort(folder, settings)
  }

  /** A standby of a server that is stopped meanwhile: a cold copy that follows it. `this` is running afterwards. */
  async createStandby(name: string, settings: Settings = {}): Promise<PostgresServer> {
    await this.stop('fast')
    const folder = newFolder(roomyFolder())
    await cp(join(this.folder, 'data'), join(folder, 'data'), { recursive: true })
    await writeFile(join(folder, 'data', 'standby.signal'), '')
    await giveAway(folder)
    await this.start()
    return PostgresServer.#startOnFreePort(folder, { ...settings, primary_conninfo: this.conninfo(name) })
  }

  /** What a standby of this name connects to it with. */
  conninfo(name: string): string {
    return `host=127.0.0.1 port=${this.port} user=${user} application_name=${name}`
  }

  get log(): string {
    return this.#log
  }

  get isRunning(): boolean {
    return this.#process !== undefined
  }

  url(database: string): string {
    return `postgres://${user}@127.0.0.1:${this.port}/${database}`
  }

  /** Resolves when it takes connections. @param settings besides those it was created with; they win. */
  async start(settings: Settings = {}): Promise<void> {
    const all = Object.entries({ ...testSettings, ...this.#settings, port: this.port, ...settings })
    const args = ['-D', join(this.folder, 'data'), ...all.flatMap(([name, value]) => ['-c', `${name}=${value}`])]
    const child = spawn(join(binFolder, 'postgres'), args, {
      ...identity,
      env: {},
      stdio: ['ignore', 'ignore', 'pipe'],
      detached: true,
    })
    this.#process = child
    const isReady = Promise.withResolvers<void>()
    const logStart = this.#log.length
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#log += text
      if (/ready to accept (read-only )?connections/.test(this.#log.slice(logStart))) isReady.resolve()
    })
    child.once('exit', () => {
      if (this.#process === child) this.#process = undefined
      isReady.reject(new Error(`postgres ended: ${this.#log.slice(logStart)}`))
    })
    await isReady.promise
  }

  async stop(mode: StopMode): Promise<void> {
    const child = this.#process
    if (child === undefined) return
    const descendants = await childrenOf(child.pid ?? 0)
    const exited = once(child, 'exit')
    child.kill('SIGCONT')
    child.kill(stopSignals[mode])
    await exited
    // Killed alone, the postmaster leaves its backends to notice; a machine that dies takes them with it.
    for (const pid of descendants) signalIfThere(pid, 'SIGKILL')
    while (descendants.some(isThere)) await sleep(pollMs)
  }

  /** Stops or continues the whole server as it is, its backends included. */
  async signalAll(signal: 'SIGSTOP' | 'SIGCONT'): Promise<void> {
    const pid = this.#process?.pid ?? 0
    for (const each of [pid, ...(await childrenOf(pid))]) signalIfThere(each, signal)
  }

  /** Which standbys commits wait for, as PostgreSQL writes it; also of a standby, for when it is promoted. */
  async setSynchronous(standbys: string): Promise<void> {
    await this.query('postgres', `ALTER SYSTEM SET synchronous_standby_names = '${standbys}'`)
    await this.query('postgres', 'SELECT pg_reload_conf()')
  }

  /** A standby whose primary is gone, or stands still: takes nothing more that is still on its way. */
  async stopReceiving(): Promise<void> {
    const receivers = "SELECT pid FROM pg_stat_wal_receiver WHERE status = 'streaming'"
    for (;;) {
      const [receiver] = await this.query('postgres', receivers)
      if (receiver === undefined) return
      signalIfThere(Number(receiver.pid), 'SIGTERM')
      await sleep(pollMs)
    }
  }

  /** Follows another server from its next start on. */
  follow(conninfo: string): void {
    this.#settings = { ...this.#settings, primary_conninfo: conninfo }
  }

  /** Makes a standby the primary. */
  async promote(): Promise<void> {
    await this.query('postgres', 'SELECT pg_promote(true, 60)')
  }

  /** One statement on a connection of its own. */
  async query(database: string, text: string, values: readonly unknown[] = []): Promise<Record<string, unknown>[]> {
    const client = new pg.Client({ connectionString: this.url(database) })
    client.on('error', () => {})
    await client.connect()
    try {
      return (await client.query(text, [...values])).rows
    } finally {
      await client.end()
    }
  }

  /** A new, empty database. @returns its URL. */
  async createDatabase(): Promise<string> {
    const name = `test_${crypto.randomUUID().replaceAll('-', '')}`
    await this.query('postgres', `CREATE DATABASE ${name}`)
    return this.url(name)
  }

  /** Ends it and removes its folder. */
  async remove(): Promise<void> {
    await this.stop('immediate')
    await rm(this.folder, { recursive: true, force: true })
  }

  static async #startOnFreePort(folder: string, settings: Settings): Promise<PostgresServer> {
    for (let tries = 1; ; tries++) {
      const server = new PostgresServer(folder, await freePort(), settings)
      try {
        await server.start()
        return server
      } catch (thrown) {
        // Somebody else may have taken the port meanwhile.
        if (tries === startTries || !server.log.includes('Address already in use')) throw thrown
      }
    }
  }
}

let shared: Promise<PostgresServer> | undefined

/** The one server that the tests of this process share, each with a database of its own. */
export function sharedPostgres(): Promise<PostgresServer> {
  shared ??= PostgresServer.create()
  return shared
}

/** To be called after all tests of the file. */
export async function removeSharedPostgres(): Promise<void> {
  await (await shared)?.remove()
}

/** In memory where there is enough of it: an fsync is then still asked for, and takes no time. */
function roomyFolder(): string {
  const memory = '/dev/shm'
  const hasRoom = existsSync(memory) && statfsSync(memory).bavail * statfsSync(memory).bsize > minRoomBytes
  return hasRoom ? memory : tmpdir()
}

function newFolder(parent: string): string {
  const folder = mkdtempSync(join(parent, 'sekali-postgres-'))
  endWithThisProcess(folder)
  if (identity.uid !== undefined) chownSync(folder, identity.uid, identity.gid)
  return folder
}

/** However this process ends: the pipe to the one that waits ends with it. */
function endWithThisProcess(folder: string): void {
  const script = `cat > /dev/null
    pid=$(head -n 1 "$1/data/postmaster.pid" 2> /dev/null) && kill -s CONT "$pid" && kill -s QUIT "$pid" && sleep 1
    rm -rf "$1"`
  const waiting = spawn('sh', ['-c', script, 'sh', folder], { stdio: ['pipe', 'ignore', 'ignore'], detached: true })
  waiting.unref()
  if (waiting.stdin instanceof Socket) waiting.stdin.unref()
}

/** To the uid that the server runs under. */
async function giveAway(folder: string): Promise<void> {
  if (identity.uid === undefined) return
  const names = await readdir(folder, { recursive: true })
  for (const name of ['', ...names]) chownSync(join(folder, name), identity.uid, identity.gid)
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

async function childrenOf(pid: number): Promise<number[]> {
  try {
    return (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim().split(' ').filter(Boolean).map(Number)
  } catch {
    return []
  }
}

function signalIfThere(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal)
  } catch {
    return false
  }
}

/** What is dead and not collected by anybody counts as gone. */
function isThere(pid: number): boolean {
  if (!signalIfThere(pid, 0)) return false
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}
