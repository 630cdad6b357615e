/**
 * The live tail of all tabs of a browser over one connection: a browser opens six to a server, and a seventh tab must not
 * hang. The tab that holds a lock reads the stream and passes events on; when it closes, the next one takes over. Every tab
 * drops what it has had, so that a stream which begins again earlier, for a tab that joins, repeats nothing.
 */
import { type EventRow, eventRowIn } from './raw-events.ts'
import { streamParameters, type TailFilter, tailMatcher } from './tail-filter.ts'
import { runTailStream, type TailState } from './tail-stream.ts'

export interface TailOptions {
  readonly filter: TailFilter
  /** A seq: events strictly after it. */
  readonly after: number
  /** In order of seq, none twice. */
  readonly onRows: (rows: readonly EventRow[]) => void
  readonly onState: (state: TailState) => void
}

type Message =
  | { readonly kind: 'join'; readonly id: string; readonly filter: TailFilter; readonly after: number }
  | { readonly kind: 'leave'; readonly id: string }
  /** A tab reads the stream from now on: the others say again what they want. */
  | { readonly kind: 'led' }
  | { readonly kind: 'events'; readonly texts: readonly string[] }
  | { readonly kind: 'state'; readonly state: TailState }

interface Reader {
  readonly filter: TailFilter
  readonly seenAtMs: number
}

const name = 'sekali.tail'
/** Tabs say that they are there; hidden ones are slowed down to once a minute. */
const aliveEveryMs = 20_000
const forgottenAfterMs = 150_000

/** Follows until the signal aborts. */
export function followTail(options: TailOptions, signal: AbortSignal): void {
  const id = crypto.randomUUID?.() ?? String(Math.random())
  const matches = tailMatcher(options.filter)
  let position = options.after

  const take = (texts: readonly string[]): void => {
    const rows = texts.map(eventRowIn).filter(({ seq }) => seq > position)
    position = rows.at(-1)?.seq ?? position
    const wanted = rows.filter(matches)
    if (wanted.length > 0) options.onRows(wanted)
  }

  // Without a secure origin there are no locks: then each tab reads for itself.
  if (navigator.locks === undefined || typeof BroadcastChannel === 'undefined') {
    const { filter, onState } = options
    const onEvents = (texts: readonly string[]) => take(texts)
    void runTailStream({ after: position, ...streamParameters([filter]), onEvents, onState }, signal)
    return
  }

  const channel = new BroadcastChannel(name)
  const leader = new Leader({ channel, onEvents: take, onState: options.onState, signal })
  const join = (): void => {
    const message: Message = { kind: 'join', id, filter: options.filter, after: position }
    channel.postMessage(message)
    leader.hear(message)
  }
  channel.onmessage = ({ data }: MessageEvent<Message>) => {
    leader.hear(data)
    if (data.kind === 'events') take(data.texts)
    else if (data.kind === 'state') options.onState(data.state)
    else if (data.kind === 'led') join()
  }
  options.onState({ kind: 'connecting' })
  join()
  const timer = setInterval(join, aliveEveryMs)
  navigator.locks
    .request(name, { signal }, async () => {
      leader.lead()
      channel.postMessage({ kind: 'led' } satisfies Message)
      join()
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
    })
    .catch(() => {})
  signal.addEventListener('abort', () => {
    clearInterval(timer)
    channel.postMessage({ kind: 'leave', id } satisfies Message)
    channel.close()
  })
}

interface LeaderOptions {
  readonly channel: BroadcastChannel
  readonly onEvents: (texts: readonly string[]) => void
  readonly onState: (state: TailState) => void
  readonly signal: AbortSignal
}

/** Knows who reads, and runs the stream that has it all, if this tab is the one to do so. */
class Leader {
  readonly #options: LeaderOptions
  readonly #readers = new Map<string, Reader>()
  #isLeading = false
  #asked = ''
  #position = Number.POSITIVE_INFINITY
  #state: TailState = { kind: 'connecting' }
  #stop: AbortController | undefined

  constructor(options: LeaderOptions) {
    this.#options = options
  }

  lead(): void {
    this.#isLeading = true
  }

  hear(message: Message): void {
    if (message.kind === 'leave') this.#readers.delete(message.id)
    else if (message.kind === 'join') this.#readers.set(message.id, { filter: message.filter, seenAtMs: Date.now() })
    else return
    for (const [id, { seenAtMs }] of this.#readers)
      if (Date.now() - seenAtMs > forgottenAfterMs) this.#readers.delete(id)
    if (this.#isLeading) this.#adapt(message.kind === 'join' ? message.after : Number.POSITIVE_INFINITY)
  }

  /** @param after what a tab has had; a stream that is further on already begins again there. */
  #adapt(after: number): void {
    const parameters = streamParameters([...this.#readers.values()].map(({ filter }) => filter))
    const asked = JSON.stringify(parameters)
    this.#say(this.#state)
    if (asked === this.#asked && after >= this.#position) return
    this.#asked = asked
    this.#position = Math.min(this.#position, after)
    this.#stop?.abort()
    const stop = new AbortController()
    this.#stop = stop
    const { signal } = this.#options
    void runTailStream(
      {
        after: this.#position,
        ...parameters,
        onEvents: (texts, lastSeq) => {
          this.#position = lastSeq
          this.#options.onEvents(texts)
          this.#options.channel.postMessage({ kind: 'events', texts } satisfies Message)
        },
        onState: (state) => this.#say(state),
      },
      AbortSignal.any([signal, stop.signal]),
    )
  }

  #say(state: TailState): void {
    if (this.#options.signal.aborted) return
    this.#state = state
    this.#options.onState(state)
    this.#options.channel.postMessage({ kind: 'state', state } satisfies Message)
  }
}
