/** The work of `sekali export`: pages of events into a pipe, or into a file that can be gone on with. */
import { ClientError } from '../../client/client-error.ts'
import { eventRowsIn, ndjsonLine } from '../../client/raw-events.ts'
import type { Retry } from '../../client/with-retries.ts'
import { encodeEventCursor } from '../../core/cursor.ts'
import { ask } from '../ask-server.ts'
import { acceptClosedPipes } from '../closed-pipes.ts'
import { exitCode } from '../exit-code.ts'
import { counted, formatCount, formatRate, formatSeconds } from '../format.ts'
import { note, print } from '../output.ts'
import { retryText } from '../publish-progress.ts'
import type { ServerAddress } from '../server-options.ts'
import { readLastSeq } from '../stats-reading.ts'
import { listenForStop } from '../stop-signal.ts'
import { barText, TerminalLine } from '../terminal-line.ts'
import { type EventFilter, type EventPage, eventPages } from './event-pages.ts'
import { PartFile } from './part-file.ts'

export interface ExportOptions extends EventFilter {
  readonly server: ServerAddress
  readonly afterSeq: number
  /** Undefined: standard output. */
  readonly out: string | undefined
  readonly maxStallMs: number
  /** The command that goes on after this seq. */
  readonly commandAfter: (seq: number) => string
}

/** Where an export has come to. */
interface Place {
  readonly events: number
  readonly reachedSeq: number
  readonly throughSeq: number
  /** Events whose payload had line breaks. */
  readonly rejoined: number
  /** The last event that was written: whether the server still is the one it came from. */
  readonly last: { readonly topic: string; readonly eventId: string; readonly seq: number } | undefined
}

const lineBreak = /[\r\n]/

/** Where pages go. */
interface Sink extends AsyncDisposable {
  readonly start: Place
  append(bytes: Buffer, place: Place): Promise<void>
  /** Everything is there. */
  finish(): Promise<void>
  /** It ends before that, on purpose. */
  stop(): Promise<void>
}

/** What it works with while it runs. */
interface Run {
  readonly options: ExportOptions
  readonly signal: AbortSignal
  readonly line: TerminalLine
  /** Where it has come to. */
  place: Place | undefined
}

/** @returns the exit code. @throws ClientError; UsageError for a file that cannot be written. */
export async function exportEvents(options: ExportOptions): Promise<number> {
  using stop = listenForStop()
  using line = new TerminalLine(process.stderr, process.env)
  const left = new AbortController()
  acceptClosedPipes(() => left.abort())
  const run: Run = { options, line, signal: AbortSignal.any([stop.signal, left.signal]), place: undefined }
  try {
    await exportAll(run)
    return exitCode.ok
  } catch (thrown) {
    line[Symbol.dispose]()
    if (left.signal.aborted && stop.exitCode === undefined) return exitCode.ok
    const { events = 0, reachedSeq = options.afterSeq } = run.place ?? {}
    // What fails before the first event is not gone on with, but begun again.
    if (stop.exitCode === undefined && events === 0) throw thrown
    note(`${stop.exitCode === undefined ? 'Interrupted' : 'Stopped'} after ${counted(events, 'event')}. Go on with:`)
    note(`  ${options.commandAfter(options.out === undefined ? reachedSeq : options.afterSeq)}`)
    if (stop.exitCode === undefined) throw thrown
    return stop.exitCode
  }
}

async function exportAll(run: Run): Promise<void> {
  const { options, signal, line } = run
  const startedAtMs = performance.now()
  const elapsedMs = () => performance.now() - startedAtMs
  await using sink = options.out === undefined ? await openPipe(run) : await openFile(run, options.out)
  const { start } = sink
  let place = start
  run.place = start
  if (start.events > 0) note(`Going on after ${counted(start.events, 'event')}, seq ${start.reachedSeq}.`)
  const onRetry = (retry: Retry) => line.paintNow(retryText(retry))
  const { reachedSeq: afterSeq, throughSeq } = start
  try {
    for await (const page of eventPages({ ...options, afterSeq, throughSeq, onRetry, signal })) {
      const next = placeAfter(place, page)
      await sink.append(Buffer.from(page.rows.map((row) => `${ndjsonLine(row)}\n`).join('')), next)
      place = next
      run.place = next
      line.paint(progressText({ place, start, elapsedMs: elapsedMs() }))
      signal.throwIfAborted()
    }
    await sink.finish()
  } catch (thrown) {
    // What is there is kept. If even that fails, what was kept before is.
    await sink.stop().catch(() => {})
    throw thrown
  }
  line[Symbol.dispose]()
  note(`${counted(place.events, 'event')} up to seq ${throughSeq} in ${formatSeconds(elapsedMs())}.`)
  if (place.rejoined > 0) note(`${counted(place.rejoined, 'payload')} had line breaks, which are spaces now.`)
}

function placeAfter(place: Place, { rows, reachedSeq }: EventPage): Place {
  const last = rows.at(-1) ?? place.last
  return {
    events: place.events + rows.length,
    reachedSeq,
    throughSeq: place.throughSeq,
    rejoined: place.rejoined + rows.filter(({ payload }) => lineBreak.test(payload)).length,
    last: last && eventOf(last),
  }
}

function eventOf({ topic, eventId, seq }: NonNullable<Place['last']>): NonNullable<Place['last']> {
  return { topic, eventId, seq }
}

async function firstPlace(run: Run): Promise<Place> {
  const { server, afterSeq } = run.options
  const throughSeq = await readLastSeq(server, patience(run))
  return { events: 0, reachedSeq: afterSeq, throughSeq, rejoined: 0, last: undefined }
}

function patience({ options: { maxStallMs }, signal, line }: Run) {
  const onRetry = (retry: Retry) => line.paintNow(retryText(retry))
  return { signal, retries: { retryPolicy: { maxStallMs }, onRetry } }
}

async function openPipe(run: Run): Promise<Sink> {
  return {
    start: await firstPlace(run),
    append: print,
    finish: async () => {},
    stop: async () => {},
    [Symbol.asyncDispose]: async () => {},
  }
}

async function openFile(run: Run, path: string): Promise<Sink> {
  const { topics, from, to, afterSeq } = run.options
  const file = await PartFile.open<Place>({
    path,
    purpose: JSON.stringify({ topics, from, to, after: afterSeq }),
    firstPlace: () => firstPlace(run),
    checkPlace: (place) => checkPlace(run, { place, path }),
  })
  return {
    start: file.state.place,
    append: (bytes, place) => file.append(bytes, place),
    finish: () => file.finish(),
    stop: () => file.checkpoint(),
    [Symbol.asyncDispose]: () => file[Symbol.asyncDispose](),
  }
}

/** The rest of one log behind the beginning of another would be no export of either. */
async function checkPlace(run: Run, { place, path }: { place: Place; path: string }): Promise<void> {
  const { last } = place
  if (last === undefined) return
  const cursor = last.seq === 1 ? undefined : encodeEventCursor('seq', { seq: last.seq - 1, instantMs: 0 })
  const question = { path: 'events', parameters: { order: 'seq', limit: 1, cursor }, ...patience(run) }
  const {
    rows: [found],
  } = await ask(run.options.server, question, eventRowsIn)
  if (found?.seq === last.seq && found.topic === last.topic && found.eventId === last.eventId) return
  throw new ClientError(
    'unexpected_answer',
    `${path}.part was begun with another store: its seq ${last.seq} is another event; remove it and ${path}.part.json to begin anew`,
  )
}

interface Progress {
  readonly place: Place
  readonly start: Place
  readonly elapsedMs: number
}

const barWidth = 16

function progressText({ place, start, elapsedMs }: Progress): string {
  const { events, reachedSeq, throughSeq } = place
  // The rest of what was asked for may be anywhere: how much of the log is read is what is known.
  const fraction = throughSeq === 0 ? 1 : reachedSeq / throughSeq
  const percent = `${Math.floor(fraction * 100)} %`.padStart(5)
  const rate = formatRate(reachedSeq - start.reachedSeq, elapsedMs)
  return `${barText(fraction, barWidth)} ${percent} of seq ${formatCount(throughSeq)}  ${formatCount(events)} events  ${rate}`
}
