/**
 * The live tail: committed events go from the commit path to every reader that asks for them, in seq order. A reader that
 * begins in the past reads the log in pages and is handed over to the live events at one seq: no gap, no repeat.
 * Nobody waits for a reader: one that does not keep up is cut off, and resumes where it was.
 */
import { AppError, drainingError } from '../core/errors.ts'
import type { StoredEvent } from '../core/event.ts'
import type { EventStore } from '../core/event-store.ts'
import type { CommittedGroup } from './consumer.ts'
import { RecentGroups } from './recent-groups.ts'
import { TailChannel, type TailFilter } from './tail-channel.ts'

/** Where a reader's events go. */
export interface TailSink {
  /** Bytes that were written and not yet taken. */
  readonly pendingBytes: number
  write(chunk: Uint8Array): void
  /** Resolves when what was written has been taken, or the reader is gone. */
  drained(): Promise<void>
  /** Ends the stream after what was written, and says why: it may come again. */
  end(): void
  /** Ends it at once. */
  cut(): void
}

export interface TailHubOptions {
  readonly store: Pick<EventStore, 'readLog'>
  /** Of the log when the hub is opened; undefined: not known yet, and until then nobody can join. */
  readonly lastSeq: number | undefined
  /** An event as readers get it; made once, however many there are. */
  readonly encode: (event: StoredEvent) => Uint8Array
  readonly heartbeat: Uint8Array
}

export interface TailOptions {
  readonly filter: TailFilter
  /** Events with a larger seq; undefined: from now on. */
  readonly after: number | undefined
}

export const tailLimits = {
  maxReaders: 10_000,
  /** A reader with more than this still waiting when the next events come is cut off. */
  maxPendingBytes: 1024 * 1024,
  heartbeatMs: 15_000,
} as const

/** Pages of the log under way: readers that catch up wait for each other, and leave the store to others. */
const maxLogReads = 4
const page = { limit: 500, maxChars: 512 * 1024, timeBudgetMs: 200 } as const
/** After a store that could not answer: it may be busy. */
const retryMs = 250

export interface TailReader {
  readonly sink: TailSink
  /** Everything up to this seq was written to it, or was not asked for. */
  position: number
}

export class TailHub implements AsyncDisposable {
  readonly #options: TailHubOptions
  readonly #channels = new Map<string, TailChannel>()
  readonly #readers = new Set<TailReader>()
  readonly #recent = new RecentGroups()
  readonly #heartbeat: NodeJS.Timeout
  readonly #waitingForLog: (() => void)[] = []
  #catchingUp = 0
  #logReads = 0
  #lastSeq: number
  #isLogKnown: boolean
  #isClosed = false
  #cutOff = 0

  constructor(options: TailHubOptions) {
    this.#options = options
    this.#lastSeq = options.lastSeq ?? 0
    this.#isLogKnown = options.lastSeq !== undefined
    this.#heartbeat = setInterval(() => {
      for (const { sink } of this.#readers) sink.write(options.heartbeat)
    }, tailLimits.heartbeatMs).unref()
  }

  /** Where a reader begins that says nothing else: everything up to this seq was given to the readers. */
  get lastSeq(): number {
    return this.#lastSeq
  }

  get readers(): number {
    return this.#readers.size
  }

  /** Readers that were cut off because they did not keep up. */
  get cutOff(): number {
    return this.#cutOff
  }

  /** Whether it is known where the log ends. */
  get isLogKnown(): boolean {
    return this.#isLogKnown
  }

  /** The log ends here, and nobody reads what was not published. */
  skipTo(lastSeq: number): void {
    this.#lastSeq = lastSeq
    this.#isLogKnown = true
  }

  /** To be told of every group commit, in order. */
  publish(group: CommittedGroup): void {
    const hasStored = group.lastSeq >= group.firstSeq
    if (!hasStored) return
    this.#lastSeq = group.lastSeq
    if (this.#catchingUp > 0) this.#recent.add(group)
    for (const channel of this.#channels.values()) {
      // Slow is who has not taken what came before; how much comes now is no fault of the reader's.
      for (const reader of channel.readers) this.#cutIfSlow(reader)
      channel.send(group)
    }
  }

  /**
   * To be asked before a sink is opened.
   *
   * @throws AppError `draining`; `store_unavailable` while the log is not known; `queue_full` when there are too many readers.
   */
  requireRoom(): void {
    if (this.#isClosed) throw drainingError()
    if (!this.#isLogKnown) throw new AppError('store_unavailable', 'the store cannot be read yet; try again')
    if (this.#readers.size >= tailLimits.maxReaders) {
      throw new AppError('queue_full', `${tailLimits.maxReaders} readers follow the tail already; try again`)
    }
  }

  /**
   * Sends events to the sink until it is gone (then call the returned function), is cut off, or the hub is closed.
   *
   * @throws AppError as `requireRoom`.
   */
  tail(sink: TailSink, { filter, after }: TailOptions): () => void {
    this.requireRoom()
    const reader: TailReader = { sink, position: after ?? this.#lastSeq }
    this.#readers.add(reader)
    if (after === undefined || after >= this.#lastSeq) this.#join(reader, filter)
    else void this.#catchUp(reader, filter)
    return () => this.#remove(reader)
  }

  /** Says goodbye to every reader. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    clearInterval(this.#heartbeat)
    for (const reader of [...this.#readers]) {
      this.#remove(reader)
      reader.sink.end()
    }
    for (const go of this.#waitingForLog.splice(0)) go()
  }

  /** From the log, by what was live a moment ago, to the live events; each step only when the reader has taken the last. */
  async #catchUp(reader: TailReader, filter: TailFilter): Promise<void> {
    const channel = new TailChannel(filter, this.#options.encode)
    this.#catchingUp++
    try {
      while (this.#readers.has(reader)) {
        // From here to the end of the turn nothing can be committed unseen.
        if (reader.position >= this.#lastSeq) {
          this.#join(reader, filter)
          return
        }
        const next = this.#recent.next(reader.position)
        if (next === undefined) {
          reader.position = Math.max(reader.position, await this.#sendPage(reader, filter))
        } else {
          channel.sendTo(reader, next)
          await reader.sink.drained()
        }
      }
    } finally {
      this.#catchingUp--
      if (this.#catchingUp === 0) this.#recent.clear()
    }
  }

  /** @returns the seq that the log was sent through. */
  async #sendPage(reader: TailReader, { topics, source }: TailFilter): Promise<number> {
    const { store, encode } = this.#options
    await this.#enterLog()
    let through = reader.position
    try {
      if (!this.#readers.has(reader)) return through
      const found = await store.readLog({ after: reader.position, topics, source, ...page })
      through = found.through
      if (found.events.length > 0 && this.#readers.has(reader))
        reader.sink.write(Buffer.concat(found.events.map(encode)))
    } catch {
      // A store that cannot answer now, or is being closed: publishers are told, and a reader only waits.
      await new Promise((resolve) => setTimeout(resolve, retryMs).unref())
    } finally {
      this.#leaveLog()
    }
    // A reader of the past is read for as fast as it takes, never faster.
    await reader.sink.drained()
    return through
  }

  async #enterLog(): Promise<void> {
    if (this.#logReads < maxLogReads) {
      this.#logReads++
      return
    }
    await new Promise<void>((resolve) => this.#waitingForLog.push(resolve))
  }

  #leaveLog(): void {
    const next = this.#waitingForLog.shift()
    if (next === undefined) this.#logReads--
    else next()
  }

  #join(reader: TailReader, filter: TailFilter): void {
    const key = TailChannel.keyOf(filter)
    let channel = this.#channels.get(key)
    if (channel === undefined) {
      channel = new TailChannel(filter, this.#options.encode)
      this.#channels.set(key, channel)
    }
    channel.readers.add(reader)
  }

  #remove(reader: TailReader): void {
    if (!this.#readers.delete(reader)) return
    for (const [key, channel] of this.#channels) {
      if (channel.readers.delete(reader) && channel.readers.size === 0) this.#channels.delete(key)
    }
  }

  #cutIfSlow(reader: TailReader): void {
    if (reader.sink.pendingBytes <= tailLimits.maxPendingBytes) return
    this.#cutOff++
    this.#remove(reader)
    reader.sink.cut()
  }
}
