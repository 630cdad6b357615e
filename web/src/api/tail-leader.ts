/** The tab that reads the stream for all: it knows what the others want, and asks for just that. */
import { covers, questionFor, type StreamQuestion, type TailFilter } from './tail-filter.ts'
import type { TailBatch } from './tail-join.ts'
import type { TailState } from './tail-state.ts'
import { runTailStream } from './tail-stream.ts'

export interface Want {
  readonly id: string
  readonly filter: TailFilter
  /** The seq up to which the tab has everything. */
  readonly after: number
}

export interface TailLeaderOptions {
  /** To every tab, this one included. */
  readonly onBatch: (batch: TailBatch) => void
  readonly onState: (state: TailState) => void
  /** A tab that is not known says that it is there. */
  readonly onStranger: () => void
}

interface Stream {
  readonly question: StreamQuestion
  readonly stop: AbortController
  position: number
}

/** Wants that come together begin one stream. */
const gatherMs = 30
/** Tabs that crashed never say goodbye. Hidden ones are slowed down to a sign of life a minute. */
const forgottenAfterMs = 150_000

export class TailLeader implements Disposable {
  readonly #options: TailLeaderOptions
  readonly #wants = new Map<string, { readonly filter: TailFilter; seenAtMs: number }>()
  #stream: Stream | undefined
  /** From where the next stream begins; undefined while the current one does. */
  #restartAfter: number | undefined
  #gathering: ReturnType<typeof setTimeout> | undefined
  #hurry = new AbortController()
  #state: TailState = { kind: 'connecting' }

  constructor(options: TailLeaderOptions) {
    this.#options = options
  }

  want({ id, filter, after }: Want): void {
    this.#forgetTheLost()
    this.#wants.set(id, { filter, seenAtMs: Date.now() })
    this.#options.onState(this.#state)
    const stream = this.#stream
    if (stream !== undefined && covers(stream.question, filter) && after >= stream.position) return
    this.#restartSoon(after)
  }

  alive(id: string): void {
    const want = this.#wants.get(id)
    if (want === undefined) this.#options.onStranger()
    else want.seenAtMs = Date.now()
  }

  leave(id: string): void {
    this.#wants.delete(id)
    this.#narrow()
  }

  /** Ends a wait before the next attempt; begins again after a refusal. */
  hurry(): void {
    const stream = this.#stream
    if (this.#state.kind === 'stopped' && stream !== undefined) this.#restartSoon(stream.position)
    this.#hurry.abort()
    this.#hurry = new AbortController()
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#gathering)
    this.#stream?.stop.abort()
  }

  #forgetTheLost(): void {
    for (const [id, { seenAtMs }] of this.#wants) if (Date.now() - seenAtMs > forgottenAfterMs) this.#wants.delete(id)
  }

  /** Nobody wants all of it any more: the next stream asks for less. */
  #narrow(): void {
    const stream = this.#stream
    if (stream === undefined || this.#wants.size === 0) return
    if (JSON.stringify(this.#question()) !== JSON.stringify(stream.question)) this.#restartSoon(stream.position)
  }

  #question(): StreamQuestion {
    return questionFor([...this.#wants.values()].map(({ filter }) => filter))
  }

  #restartSoon(after: number): void {
    this.#restartAfter = Math.min(this.#restartAfter ?? after, after)
    this.#gathering ??= setTimeout(() => {
      this.#gathering = undefined
      this.#restart()
    }, gatherMs)
  }

  #restart(): void {
    const after = Math.min(this.#restartAfter ?? 0, this.#stream?.position ?? Number.POSITIVE_INFINITY)
    this.#restartAfter = undefined
    this.#stream?.stop.abort()
    const stream: Stream = { question: this.#question(), stop: new AbortController(), position: after }
    this.#stream = stream
    void runTailStream(
      {
        question: stream.question,
        after,
        hurry: () => this.#hurry.signal,
        onBatch: (batch) => {
          if (stream.stop.signal.aborted) return
          stream.position = batch.through
          this.#options.onBatch(batch)
        },
        onState: (state) => {
          if (!stream.stop.signal.aborted) this.#say(state)
        },
      },
      stream.stop.signal,
    )
  }

  #say(state: TailState): void {
    if (state.kind === 'live' && this.#state.kind === 'live') return
    this.#state = state
    this.#options.onState(state)
  }
}
