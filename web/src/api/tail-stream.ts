/** One connection to GET /events/stream that comes back by itself, strictly after the last event it had. */
import { ApiError, openStream } from './client.ts'
import { SseParser } from './sse-parser.ts'
import type { StreamQuestion } from './tail-filter.ts'
import type { TailBatch } from './tail-join.ts'
import type { TailState } from './tail-state.ts'

export interface TailStreamOptions {
  readonly question: StreamQuestion
  /** A seq. */
  readonly after: number
  readonly onBatch: (batch: TailBatch) => void
  readonly onState: (state: TailState) => void
  /** Aborts when the wait before the next attempt should end. */
  readonly hurry: () => AbortSignal
}

const minDelayMs = 500
const maxDelayMs = 10_000
/** The server says something every 15 s; a connection that is silent for longer is lost. */
const maxSilenceMs = 40_000

/** Runs until the signal aborts, or the server refuses the question. */
export async function runTailStream(options: TailStreamOptions, signal: AbortSignal): Promise<void> {
  let after = options.after
  let failures = 0
  while (!signal.aborted) {
    options.onState({ kind: 'connecting' })
    let isGoodbye = false
    try {
      for await (const { texts, through, isBye } of chunksAfter(after, options, signal)) {
        failures = 0
        isGoodbye = isBye
        options.onState({ kind: 'live' })
        if (through === undefined) continue
        options.onBatch({ question: options.question, since: after, through, texts })
        after = through
      }
    } catch (error) {
      // Anything else heals: a reader that was too slow, or a server that is away, is resumed from.
      if (isRefusal(error) && !signal.aborted) {
        options.onState({ kind: 'stopped', reason: error.message })
        return
      }
    }
    if (signal.aborted) return
    const delayMs = Math.min(maxDelayMs, minDelayMs * 2 ** Math.min(failures++, 10))
    options.onState({ kind: 'reconnecting', atMs: Date.now() + delayMs, isGoodbye })
    await sleep(delayMs, AbortSignal.any([signal, options.hurry()]))
  }
}

interface Chunk {
  readonly texts: readonly string[]
  /** The last seq; undefined when there is no event. */
  readonly through: number | undefined
  readonly isBye: boolean
}

async function* chunksAfter(
  after: number,
  { question }: TailStreamOptions,
  signal: AbortSignal,
): AsyncGenerator<Chunk, void, undefined> {
  const silence = new AbortController()
  let timer = setTimeout(() => silence.abort(), maxSilenceMs)
  const heard = (): void => {
    clearTimeout(timer)
    timer = setTimeout(() => silence.abort(), maxSilenceMs)
  }
  try {
    const parameters = { topic: question.topics, source: question.source }
    const body = await openStream(
      'events/stream',
      { parameters, lastEventId: after },
      AbortSignal.any([signal, silence.signal]),
    )
    const parser = new SseParser()
    const reader = body.pipeThrough(new TextDecoderStream()).getReader()
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      heard()
      const sent = parser.push(value)
      const events = sent.filter(({ event }) => event === 'event')
      const isBye = sent.some(({ event }) => event === 'bye')
      const last = events.at(-1)
      yield { texts: events.map(({ data }) => data), through: last && Number(last.id), isBye }
      if (isBye) return
    }
  } finally {
    clearTimeout(timer)
    silence.abort()
  }
}

/** What no retry heals: the server says that the question is wrong. */
function isRefusal(error: unknown): error is ApiError {
  return error instanceof ApiError && error.status >= 400 && error.status < 500 && error.status !== 429
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
