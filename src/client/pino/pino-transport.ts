/**
 * The entry `sekali/pino`: log lines of pino as events, through a publisher in pino's own thread.
 *
 * ```ts
 * const logger = pino({ transport: { target: 'sekali/pino', options: { url, topic: 'logs.shop', spoolFolder: 'spool' } } })
 * ```
 *
 * With a spool, lines outlive restarts of both sides, and a crash of this one as soon as pino's thread has written them.
 * Without one they wait in memory, and the oldest make room. Logging never waits for the server.
 *
 * @module sekali/pino
 */
import { hostname } from 'node:os'
import { Writable } from 'node:stream'
import type { Loss } from '../publish-queue.ts'
import { Publisher } from '../publisher.ts'
import type { PublisherOptions } from '../publisher-options.ts'
import { type FileSpoolOptions, openFileSpool } from '../spool/file-spool.ts'
import type { Retry } from '../with-retries.ts'
import { eventOfLine, LineAssembler } from './log-lines.ts'

/** Plain values: pino copies them into its thread. */
export interface PinoTransportOptions
  extends Pick<
    PublisherOptions,
    | 'url'
    | 'token'
    | 'maxBatchEvents'
    | 'maxBatchBytes'
    | 'maxDelayMs'
    | 'maxQueueEvents'
    | 'maxQueueBytes'
    | 'retryPolicy'
    | 'retryBudget'
  > {
  /** Of all lines. */
  readonly topic: string
  /** The name of the host unless given. */
  readonly source?: string
  /** Where lines are kept until they are acknowledged; made if it is not there. */
  readonly spoolFolder?: string
  /** The bounds of what is kept there. */
  readonly spool?: FileSpoolOptions
  /** How long the end of the program may wait for the server, 2 s unless given. */
  readonly closeTimeoutMs?: number
}

/** Losses are told on stderr, at most once in this time. */
const lossReportMs = 10_000
/** Told on stderr when so many attempts have failed in a row, which is longer than a restart takes, at most once in a minute. */
const worryingAttempts = 6
const waitReportMs = 60_000

/** What pino calls. The stream takes lines; its end waits for what is under way. */
export function pinoTransport(options: PinoTransportOptions): Writable {
  const { source = hostname(), spoolFolder, spool, closeTimeoutMs = 2000, ...rest } = options
  const losses = new LossReport()
  const waits = new WaitReport()
  const publisher = new Publisher({
    ...{ ...rest, source, onFull: 'drop-oldest', onLoss: (loss) => losses.add(loss) },
    onRetry: (retry) => waits.add(retry),
    ...(spoolFolder !== undefined && { spool: openFileSpool(spoolFolder, spool) }),
  })
  const lines = new LineAssembler()
  const stream = new Writable({
    decodeStrings: false,
    write(chunk: string | Buffer, _encoding, done) {
      for (const line of lines.push(chunk)) publisher.enqueue(eventOfLine(line))
      done()
    },
    final(done) {
      for (const line of lines.end()) publisher.enqueue(eventOfLine(line))
      publisher.close({ signal: AbortSignal.timeout(closeTimeoutMs) }).then(() => {
        losses.report()
        done()
      }, done)
    },
  })
  // What pino's `logger.flush` waits for.
  const flush = () => publisher.flush({ signal: AbortSignal.timeout(closeTimeoutMs) })
  return Object.assign(stream, { flush })
}

class WaitReport {
  #reportedAtMs = Number.NEGATIVE_INFINITY

  add({ attempts, reason }: Retry): void {
    if (attempts < worryingAttempts || performance.now() - this.#reportedAtMs < waitReportMs) return
    process.stderr.write(`sekali/pino: log lines wait for the server: ${reason}\n`)
    this.#reportedAtMs = performance.now()
  }
}

class LossReport {
  #lines = 0
  #reason = ''
  #reportedAtMs = Number.NEGATIVE_INFINITY

  add({ error }: Loss): void {
    this.#lines++
    this.#reason = error.message
    if (performance.now() - this.#reportedAtMs >= lossReportMs) this.report()
  }

  report(): void {
    if (this.#lines === 0) return
    process.stderr.write(`sekali/pino: ${this.#lines} log lines were not published: ${this.#reason}\n`)
    this.#lines = 0
    this.#reportedAtMs = performance.now()
  }
}

// biome-ignore lint/style/noDefaultExport: pino asks for it
export default pinoTransport
