/** Events in commit order, page by page, up to a seq: the log as it was at a moment, in bounded memory. */
import { type EventRow, eventRowsIn } from '../../client/raw-events.ts'
import type { Retry } from '../../client/with-retries.ts'
import { encodeEventCursor } from '../../core/cursor.ts'
import { hasWildcard, topicMatcher } from '../../core/topic-pattern.ts'
import { ask } from '../ask-server.ts'
import type { ServerAddress } from '../server-options.ts'

export interface EventFilter {
  /** Topics or patterns; none is all. */
  readonly topics: readonly string[]
  readonly source?: string | undefined
  /** ISO 8601, inclusive. */
  readonly from: string | undefined
  /** ISO 8601, exclusive. */
  readonly to: string | undefined
}

export interface PageOptions extends EventFilter {
  readonly server: ServerAddress
  /** Strictly after this seq. */
  readonly afterSeq: number
  /** Up to this seq, which the log had when it began: otherwise there would be no end while others publish. */
  readonly throughSeq: number
  readonly maxStallMs: number
  readonly onRetry: (retry: Retry) => void
  readonly signal: AbortSignal
}

export interface EventPage {
  /** Those that were asked for; may be none. */
  readonly rows: readonly EventRow[]
  /** Up to here nothing is missing. */
  readonly reachedSeq: number
}

const maxPageEvents = 1000

/** @throws ClientError; the signal's reason once it is aborted. */
export async function* eventPages(options: PageOptions): AsyncGenerator<EventPage> {
  const { topics, throughSeq } = options
  const isWanted = topicMatcher(topics)
  // Commit order needs the seq alone.
  const first = options.afterSeq === 0 ? undefined : encodeEventCursor('seq', { seq: options.afterSeq, instantMs: 0 })
  let reachedSeq = options.afterSeq
  if (reachedSeq >= throughSeq) return
  let coming = readPage(options, first)
  for (;;) {
    const { rows, nextCursor } = await coming
    const isLast = nextCursor === undefined || (rows.at(-1)?.seq ?? 0) >= throughSeq
    if (!isLast) {
      // The server reads the next page while this one is written.
      coming = readPage(options, nextCursor)
      // Whoever leaves the loop asks no more for it.
      coming.catch(() => {})
    }
    reachedSeq = isLast ? throughSeq : (rows.at(-1)?.seq ?? reachedSeq)
    yield { rows: rows.filter(({ seq, topic }) => seq <= throughSeq && isWanted(topic)), reachedSeq }
    if (isLast) return
  }
}

function readPage(options: PageOptions, cursor: string | undefined) {
  const { server, topics, source, from, to, maxStallMs, onRetry, signal } = options
  const [topic] = topics
  const question = {
    path: 'events',
    parameters: {
      order: 'seq',
      limit: maxPageEvents,
      // The server takes one name; several, and patterns, are chosen here.
      topic: topics.length === 1 && topic !== undefined && !hasWildcard(topic) ? topic : undefined,
      source,
      from,
      to,
      cursor,
    },
    retries: { retryPolicy: { maxStallMs }, onRetry },
    signal,
  }
  return ask(server, question, eventRowsIn)
}
