/** One connection to GET /events/stream that comes back by itself, strictly after the last event it had. */
import { apiUrl } from './client.ts'
import { SseParser } from './sse-parser.ts'

export type TailState =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'live' }
  | { readonly kind: 'reconnecting'; readonly atMs: number }

export interface TailStreamOptions {
  /** A seq. */
  readonly after: number
  readonly topic: readonly string[] | undefined
  readonly source: string | undefined
  /** The texts of events, in order of seq; `lastSeq` is that of the last one. */
  readonly onEvents: (texts: readonly string[], lastSeq: number) => void
  readonly onState: (state: TailState) => void
}

const minDelayMs = 500
const maxDelayMs = 15_000
/** The server says something every 15 s; a connection that is silent for longer is lost. */
const maxSilenceMs = 40_000

/** Runs until the signal aborts. */
export async function runTailStream(options: TailStreamOptions, signal: AbortSignal): Promise<void> {
  let after = options.after
  let failures = 0
  while (!signal.aborted) {
    options.onState({ kind: 'connecting' })
    try {
      for await (const chunk of chunksAfter(after, options, signal)) {
        failures = 0
        options.onState({ kind: 'live' })
        if (chunk.texts.length === 0) continue
        after = chunk.lastSeq
        options.onEvents(chunk.texts, after)
      }
    } catch {
      // Whatever it was: the next connection begins where this one ended.
    }
    if (signal.aborted) return
    const delayMs = Math.min(maxDelayMs, minDelayMs * 2 ** Math.min(failures++, 10))
    options.onState({ kind: 'reconnecting', atMs: Date.now() + delayMs })
    await sleep(delayMs, signal)
  }
}

async function* chunksAfter(
  after: number,
  { topic, source }: TailStreamOptions,
  signal: AbortSignal,
): AsyncGenerator<{ readonly texts: readonly string[]; readonly lastSeq: number }> {
  const silence = new AbortController()
  let timer = setTimeout(() => silence.abort(), maxSilenceMs)
  try {
    const url = apiUrl('events/stream', { after, topic, source })
    const answer = await fetch(url, { signal: AbortSignal.any([signal, silence.signal]), cache: 'no-store' })
    if (!answer.ok || answer.body === null) throw new Error(`the server answered ${answer.status}`)
    const parser = new SseParser()
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader()
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      clearTimeout(timer)
      timer = setTimeout(() => silence.abort(), maxSilenceMs)
      const events = parser.push(value)
      const texts = events.filter(({ event }) => event === 'event')
      yield { texts: texts.map(({ data }) => data), lastSeq: Number(texts.at(-1)?.id ?? 0) }
      if (events.some(({ event }) => event === 'bye')) return
    }
  } finally {
    clearTimeout(timer)
  }
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
