/** One run of `sekali publish` or `sekali import`, as a person sees it: progress, Ctrl-C, what went wrong, the counts. */
import { ClientError } from '../client/client-error.ts'
import { type ExitCode, exitCode, exitCodeOf } from './exit-code.ts'
import type { InputBatch } from './input-batch.ts'
import type { PublishInput } from './publish-input.ts'
import { progressText, retryText } from './publish-progress.ts'
import { failureText, summaryJson, summaryText } from './publish-report.ts'
import { publishBatches, type Refusal, type Tally } from './publish-run.ts'
import type { ServerAddress } from './server-options.ts'
import { listenForStop } from './stop-signal.ts'
import { TerminalLine } from './terminal-line.ts'

export interface Session {
  readonly server: ServerAddress
  readonly maxStallMs: number
  readonly input: PublishInput
  readonly batches: AsyncIterable<InputBatch>
  /** The ids were made for this run: publishing the same text again stores it again. */
  readonly hasRandomIds: boolean
  readonly isJson: boolean
  /** Of an event that is left out, a line for standard error; the first refusal ends the run unless given. */
  readonly refusalText?: ((refusal: Refusal) => string) | undefined
  /** A line for standard error at the end. */
  readonly lastNote?: () => string | undefined
}

/** @returns the exit code. */
export async function runSession(session: Session): Promise<number> {
  const { server, maxStallMs, input, batches, hasRandomIds, isJson, refusalText } = session
  using stop = listenForStop()
  using line = new TerminalLine(process.stderr, process.env)
  const noteBelow = (text: string) => {
    line[Symbol.dispose]()
    process.stderr.write(`${text}\n`)
  }
  stop.signal.addEventListener('abort', () => {
    noteBelow('Stopping once the batch under way is answered; Ctrl-C again ends at once.')
    input.stream.destroy(stop.signal.reason)
  })
  const startedAtMs = performance.now()
  const elapsedMs = () => performance.now() - startedAtMs
  const { tally, failure } = await publishBatches(batches, {
    post: { ...server, retryPolicy: { maxStallMs } },
    stop: stop.signal,
    onProgress: (soFar) => line.paint(progressText(soFar, input.file?.bytes, elapsedMs())),
    onRetry: (retry) => line.paintNow(retryText(retry)),
    onRefused: refusalText && ((refusal) => noteBelow(refusalText(refusal))),
  })
  line[Symbol.dispose]()
  const isStopped = stop.exitCode !== undefined
  if (failure !== undefined && !isStopped) noteBelow(`sekali: ${failureText(failure, input.name)}`)
  const last = session.lastNote?.()
  if (last !== undefined) noteBelow(last)
  const summary = { tally, elapsedMs: elapsedMs(), isStopped, hasRandomIds }
  process.stdout.write(isJson ? summaryJson(summary) : summaryText(summary))
  return stop.exitCode ?? (failure === undefined ? codeOf(tally) : failureCode(failure.thrown, tally))
}

function codeOf(tally: Readonly<Tally>): ExitCode {
  return tally.refused === 0 ? exitCode.ok : refusedCode(tally)
}

function failureCode(thrown: unknown, tally: Readonly<Tally>): ExitCode {
  const code = exitCodeOf(thrown)
  const isRefused = thrown instanceof ClientError && thrown.code === 'refused' && code !== exitCode.auth
  // A line at fault is no mistake in typing the command.
  return isRefused ? refusedCode(tally) : code
}

function refusedCode({ sent }: Readonly<Tally>): ExitCode {
  return sent > 0 ? exitCode.partial : exitCode.failure
}
