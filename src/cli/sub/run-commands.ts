/** The loop of `sekali sub run`: deliveries in, commands run, acks out, until one of its ends. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Delivery } from '../../client/delivery.ts'
import { deliveryRowsIn } from '../../client/raw-events.ts'
import type { ReceivedEvent } from '../../client/read-events.ts'
import { subscription } from '../../client/subscription.ts'
import { ask } from '../ask-server.ts'
import { acceptClosedPipes } from '../closed-pipes.ts'
import { type ExitCode, exitCode } from '../exit-code.ts'
import { counted, formatCount } from '../format.ts'
import { keptEvent, rowOfKept } from '../kept-event.ts'
import { note, printable } from '../output.ts'
import type { ServerAddress } from '../server-options.ts'
import { readLastSeq } from '../stats-reading.ts'
import { listenForStop } from '../stop-signal.ts'
import { subscriptionIn, subscriptionPath } from './address.ts'
import { CommandRunner } from './exec-command.ts'

export interface CommandRun {
  readonly server: ServerAddress
  readonly name: string
  readonly command: string
  readonly concurrency: number
  /** Undefined: no end. */
  readonly maxDeliveries: number | undefined
  /** Ends when everything that was stored at the start is settled. */
  readonly endsAtLast: boolean
  readonly timeoutMs: number | undefined
}

/** @returns the exit code. @throws ClientError when the server refuses. */
export async function runCommands(options: CommandRun): Promise<number> {
  const { server, name, concurrency, maxDeliveries, timeoutMs } = options
  using stop = listenForStop()
  using runner = new CommandRunner(options.command)
  const ended = new AbortController()
  const end = () => ended.abort()
  let isReaderGone = false
  acceptClosedPipes(() => {
    isReaderGone = true
    end()
  })
  stop.signal.addEventListener('abort', () => {
    if (runner.running > 0) note(`Waiting for ${counted(runner.running, 'command')}; Ctrl-C again ends at once.`)
    end()
  })
  let isTimeOver = false
  const endInTime = () => {
    isTimeOver = true
    end()
  }
  const timer = timeoutMs === undefined ? undefined : setTimeout(endInTime, timeoutMs)
  let wasReached = false
  const fetchAndNote: typeof fetch = async (input, init) => {
    const response = await fetch(input, init)
    wasReached ||= response.ok
    return response
  }
  const tally = new RunTally()
  const handle = async (received: ReceivedEvent, delivery: Delivery) => {
    const { attempt, signal } = delivery
    const { exitCode: code, reason, stdoutBytes } = await runner.run({ event: rowOfKept(received), attempt, signal })
    if (code === 0 && isReaderGone && stdoutBytes > 0) throw new Error('nobody reads what the command printed')
    if (code === 0) return tally.recordSuccess(received.seq)
    // A command that was mistyped would make every event of the subscription a dead letter.
    if (neverRan.includes(code) && tally.acked === 0) {
      tally.fault = new Error(`--exec cannot be run (exit code ${code}): ${printable(reason)}`)
      end()
    }
    throw new Error(reason)
  }
  try {
    if (options.endsAtLast) void endAtLast(options, ended).catch((thrown) => fail(thrown))
    await subscription(name, {
      ...server,
      parseJson: parseKeepingText,
      surroundings: { fetch: fetchAndNote },
      onRetry: ({ attempts, reason }) => attempts === 1 && note(`sekali: ${printable(reason)}; trying again`),
    }).run(handle, {
      concurrency,
      // One for each command that can begin: what is given back at a stop has used up an attempt.
      maxPull: 1,
      maxDeliveries,
      signal: ended.signal,
      onNack: (error, { event, attempt }) =>
        // Then it was given back, and it is nobody's fault.
        isReaderGone || tally.recordFailure(event.seq, `attempt ${attempt}: ${textOf(error)}`),
    })
  } finally {
    clearTimeout(timer)
    end()
  }
  if (tally.fault !== undefined) throw tally.fault
  if (isReaderGone && stop.exitCode === undefined) return exitCode.ok
  note(tally.text())
  if (isTimeOver && !wasReached && stop.exitCode === undefined) return exitCode.unreachable
  return stop.exitCode ?? tally.exitCode()

  function fail(thrown: unknown): void {
    tally.fault = thrown
    end()
  }
}

/** Of a shell: not executable, not found. */
const neverRan = [126, 127]

/** Seqs that are remembered; beyond it the run counts as partial whatever becomes of them. */
const maxFailedSeqs = 10_000

class RunTally {
  acked = 0
  /** What ended it that is not an event's. */
  fault: unknown
  #nacked = 0
  #hasForgotten = false
  readonly #failed = new Set<number>()

  recordSuccess(seq: number): void {
    this.acked++
    this.#failed.delete(seq)
  }

  recordFailure(seq: number, text: string): void {
    this.#nacked++
    if (this.#failed.size < maxFailedSeqs) this.#failed.add(seq)
    else this.#hasForgotten = true
    note(`sekali: seq ${seq}, ${printable(text)}`)
  }

  text(): string {
    return `${counted(this.acked, 'event')} acked, ${formatCount(this.#nacked)} nacked`
  }

  exitCode(): ExitCode {
    return this.#failed.size > 0 || this.#hasForgotten ? exitCode.partial : exitCode.ok
  }
}

const pollMs = 250

/** Aborts `ended` when everything is settled that was stored at the start. */
async function endAtLast({ server, name }: CommandRun, ended: AbortController): Promise<void> {
  const { signal } = ended
  const patient = { signal, retries: { retryPolicy: { maxStallMs: Number.POSITIVE_INFINITY } } }
  try {
    const lastSeq = await readLastSeq(server, patient)
    const path = subscriptionPath(name)
    while (!signal.aborted) {
      const { position } = await ask(server, { path, ...patient }, subscriptionIn)
      if (position >= lastSeq) return ended.abort()
      await sleep(pollMs, undefined, { signal })
    }
  } catch (thrown) {
    if (!signal.aborted) throw thrown
  }
}

/** What a pull answers. */
function parseKeepingText(text: string): unknown {
  const deliveries = deliveryRowsIn(text).map(({ lease, attempt, event }) => ({
    lease,
    attempt,
    event: keptEvent(event),
  }))
  return { deliveries }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
