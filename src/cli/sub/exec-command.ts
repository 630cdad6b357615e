/** Shell commands, one for every event: each in a process group of its own, so that Ctrl-C reaches us alone. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import type { EventRow } from '../../client/raw-events.ts'
import { storedLine } from '../../client/raw-events.ts'
import { print } from '../output.ts'
import { WholeLines } from './whole-lines.ts'

export interface Execution {
  readonly event: EventRow
  readonly attempt: number
  /** Asks the command to end (SIGTERM). */
  readonly signal: AbortSignal
}

export interface Outcome {
  /** 0 is success; 128 + its number after a signal, as a shell says it. */
  readonly exitCode: number
  /** The last line of its standard error; without one, how it ended. */
  readonly reason: string
  readonly stdoutBytes: number
}

export class CommandRunner implements Disposable {
  readonly #command: string
  readonly #running = new Set<ChildProcess>()
  readonly #onExit = () => this.#kill('SIGKILL')

  constructor(command: string) {
    this.#command = command
    // A second Ctrl-C ends this process: the commands would go on alone.
    process.on('exit', this.#onExit)
  }

  get running(): number {
    return this.#running.size
  }

  /** Resolves when the command has ended, and what it wrote was written on. Never rejects because of the command. */
  async run({ event, attempt, signal }: Execution): Promise<Outcome> {
    const child = spawn(this.#command, {
      shell: true,
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
      env: {
        ...process.env,
        SEKALI_TOPIC: event.topic,
        SEKALI_EVENT_ID: event.eventId,
        SEKALI_SEQ: String(event.seq),
        SEKALI_ATTEMPT: String(attempt),
      },
    })
    this.#running.add(child)
    const end = () => killGroup(child, 'SIGTERM')
    signal.addEventListener('abort', end, { once: true })
    try {
      // A command need not read the event.
      child.stdin.on('error', () => {})
      child.stdin.end(`${storedLine(event)}\n`)
      const ended = once(child, 'close')
      const copied = Promise.all([copyLines(child.stdout, print), copyLines(child.stderr, writeError)])
      const [code, name] = (await ended) as [number | null, NodeJS.Signals | null]
      const [stdout, stderr] = await copied
      const how = code === null ? `ended by ${name}` : `exit code ${code}`
      const reason = lastLineOf(stderr.tail) || how
      return { exitCode: code ?? 128, reason, stdoutBytes: stdout.bytes }
    } catch (thrown) {
      // The shell could not be started: too many processes, or no memory.
      return { exitCode: 128, reason: thrown instanceof Error ? thrown.message : String(thrown), stdoutBytes: 0 }
    } finally {
      signal.removeEventListener('abort', end)
      this.#running.delete(child)
    }
  }

  [Symbol.dispose](): void {
    process.off('exit', this.#onExit)
    this.#kill('SIGKILL')
  }

  #kill(name: NodeJS.Signals): void {
    for (const child of this.#running) killGroup(child, name)
  }
}

function killGroup({ pid }: ChildProcess, name: NodeJS.Signals): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, name)
  } catch (thrown) {
    // ESRCH: it has ended.
    if ((thrown as NodeJS.ErrnoException).code !== 'ESRCH') throw thrown
  }
}

interface Copied {
  readonly bytes: number
  readonly tail: Buffer
}

const maxTailBytes = 4096

/** A writer that is slow slows the command. */
async function copyLines(from: Readable, write: (bytes: Buffer) => Promise<void>): Promise<Copied> {
  const lines = new WholeLines()
  let bytes = 0
  let tail = Buffer.alloc(0)
  for await (const chunk of from as AsyncIterable<Buffer>) {
    bytes += chunk.length
    tail = Buffer.concat([tail, chunk]).subarray(-maxTailBytes)
    const whole = lines.push(chunk)
    if (whole.length > 0) await write(whole)
  }
  const rest = lines.end()
  if (rest.length > 0) await write(rest)
  return { bytes, tail }
}

async function writeError(bytes: Buffer): Promise<void> {
  process.stderr.write(bytes)
}

function lastLineOf(tail: Buffer): string {
  return tail.toString().trimEnd().split('\n').at(-1)?.trim() ?? ''
}
