/** Where a tail gets its events: the live stream, or pages of the log up to where it ends now. */
import { eventRowIn } from '../../client/raw-events.ts'
import { tail } from '../../client/tail.ts'
import type { Retry } from '../../client/with-retries.ts'
import { keptEvent, rowOfKept } from '../kept-event.ts'
import { note } from '../output.ts'
import { retryText } from '../publish-progress.ts'
import type { ServerAddress } from '../server-options.ts'
import { readLastSeq } from '../stats-reading.ts'
import { TerminalLine } from '../terminal-line.ts'
import { type EventPage, eventPages } from '../transfer/event-pages.ts'

export interface TailQuestion {
  readonly server: ServerAddress
  /** Topics or patterns; none is all. */
  readonly topics: readonly string[]
  readonly source: string | undefined
  /** Undefined: from now on. */
  readonly afterSeq: number | undefined
  readonly isToEnd: boolean
  readonly signal: AbortSignal
}

export interface OpenTail {
  /** Where it begins. */
  readonly afterSeq: number
  readonly pages: AsyncGenerator<EventPage>
}

/**
 * Asks once where the log ends: so a server that is away is told at once, and a tail from now on has a place to go on from.
 *
 * @throws ClientError; the signal's reason once it is aborted.
 */
export async function openTail(question: TailQuestion): Promise<OpenTail> {
  const { server, signal, isToEnd } = question
  const lastSeq = await readLastSeq(server, { signal })
  const afterSeq = question.afterSeq ?? lastSeq
  if (!isToEnd) return { afterSeq, pages: livePages(question, afterSeq) }
  const { topics, source } = question
  const range = { afterSeq, throughSeq: lastSeq, from: undefined, to: undefined }
  const onRetry = (retry: Retry) => note(retryText(retry))
  const maxStallMs = Number.POSITIVE_INFINITY
  return { afterSeq, pages: eventPages({ server, topics, source, ...range, maxStallMs, onRetry, signal }) }
}

/** Each event is a page: it is printed when it comes. */
async function* livePages({ server, topics, source, signal }: TailQuestion, after: number): AsyncGenerator<EventPage> {
  using line = new TerminalLine(process.stderr, process.env)
  let isTold = false
  const onRetry = (retry: Retry) => {
    line.paintNow(retryText(retry))
    if (!line.isShown && !isTold) note(`${retryText(retry)}; it goes on after the last event`)
    isTold = true
  }
  const onOpen = () => {
    line[Symbol.dispose]()
    if (!line.isShown && isTold) note('Connected again.')
    isTold = false
  }
  const events = tail({
    ...server,
    topics,
    ...(source !== undefined && { source }),
    after,
    signal,
    onRetry,
    onOpen,
    parseJson: (text) => keptEvent(eventRowIn(text)),
  })
  for await (const event of events) {
    const row = rowOfKept(event)
    yield { rows: [row], reachedSeq: row.seq }
  }
}
