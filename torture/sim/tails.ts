/** Readers of the live tail in a simulation: slow at times, gone at times, and back with the last seq that they have seen. */
import { topicMatcher } from '../../src/core/topic-pattern.ts'
import { type TailSink, tailLimits } from '../../src/pipeline/tail-hub.ts'
import type { SimProcess } from './process.ts'
import type { World } from './world.ts'

export class SimTail {
  readonly #world: World
  readonly #topics: readonly string[]
  /** Where it began; undefined: it has not yet. */
  #start: number | undefined
  #last = 0
  readonly #seqs: number[] = []

  constructor(world: World) {
    this.#world = world
    const { of, share } = world.scheduler.random
    this.#topics = of([[], ['a'], ['b.*', 'bulk']])
    if (share() < 0.5) this.#start = 0
  }

  /** Whether it has every event that it asked for. */
  get isAtEnd(): boolean {
    if (this.#start === undefined) return false
    const matches = topicMatcher(this.#topics)
    const last = this.#world.disk.rows.findLast(({ topic }) => matches(topic))
    return last === undefined || last.seq <= Math.max(this.#last, this.#start)
  }

  async follow(): Promise<void> {
    const { scheduler } = this.#world
    const { random } = scheduler
    await scheduler.sleep(random.whole(0, 500))
    while (!this.#world.isOver) {
      await this.#connect()
      await scheduler.sleep(random.share() < 0.3 ? 0 : random.whole(1, 300))
    }
  }

  /** At the end: every event that it asked for, once, in order. */
  check(): void {
    const { disk, oracle } = this.#world
    const matches = topicMatcher(this.#topics)
    const start = this.#start ?? Number.POSITIVE_INFINITY
    const wanted = disk.rows.filter(({ topic, seq }) => seq > start && matches(topic)).map(({ seq }) => seq)
    const wrongAt = wanted.findIndex((seq, at) => this.#seqs[at] !== seq)
    if (wrongAt === -1 && wanted.length === this.#seqs.length) return
    const [before, found, expected] = [this.#seqs[wrongAt - 1], this.#seqs[wrongAt], wanted[wrongAt]]
    oracle.violation(`a tail from ${start} got ${found} after ${before} instead of ${expected} [${this.#topics}]`)
  }

  /** Resolves when the connection is over. */
  async #connect(): Promise<void> {
    const { scheduler, process, isHealed } = this.#world
    if (process === undefined) return
    try {
      process.tailHub.requireRoom()
    } catch {
      return
    }
    const after = this.#start === undefined ? undefined : Math.max(this.#last, this.#start)
    // As the server says it to one that begins now.
    this.#start ??= process.tailHub.lastSeq
    scheduler.note('tail begins after', after ?? this.#start)
    const connection = new Connection(this.#world, (line) => this.#take(line))
    connection.open(process, { topics: this.#topics, after })
    if (!isHealed && scheduler.random.share() < 0.7) {
      scheduler.after('reader hangs up', scheduler.random.whole(0, 800), () => connection.hangUp())
    }
    await connection.over
  }

  #take(line: string): void {
    const [seqText, topic = '', eventId = '', payload = ''] = line.split(' ')
    const seq = Number(seqText)
    const { oracle } = this.#world
    if (seq <= this.#last) oracle.violation(`a tail got ${seq} after ${this.#last}`)
    this.#last = seq
    this.#seqs.push(seq)
    oracle.onTailed(seq, `${topic} ${eventId}`, payload)
  }
}

/** What is written arrives in order, later; what is on its way when the connection is lost, is lost. */
class Connection implements TailSink {
  readonly over: Promise<void>
  readonly #world: World
  readonly #take: (line: string) => void
  readonly #waiting: (() => void)[] = []
  #chunks: Uint8Array[] = []
  #pendingBytes = 0
  #isReading = false
  #isEnding = false
  #isGone = false
  #leave: () => void = () => {}
  #finish: () => void = () => {}

  constructor(world: World, take: (line: string) => void) {
    this.#world = world
    this.#take = take
    this.over = new Promise((resolve) => {
      this.#finish = resolve
    })
  }

  open({ tailHub }: SimProcess, { topics, after }: { topics: readonly string[]; after: number | undefined }): void {
    this.#world.connections.add(this.#lose)
    this.#leave = tailHub.tail(this, { filter: { topics, source: undefined }, after })
  }

  get pendingBytes(): number {
    return this.#pendingBytes > this.#world.plan.maxPendingBytes ? tailLimits.maxPendingBytes + 1 : this.#pendingBytes
  }

  write(chunk: Uint8Array): void {
    if (this.#isGone) return
    this.#pendingBytes += chunk.length
    this.#chunks.push(chunk)
    this.#readSoon()
  }

  async drained(): Promise<void> {
    if (this.#isGone || this.#pendingBytes === 0) return
    await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  end(): void {
    this.#isEnding = true
    this.#readSoon()
  }

  cut(): void {
    this.hangUp()
  }

  /** The reader goes, and the server sees that its connection is closed. */
  hangUp(): void {
    if (this.#isGone) return
    this.#world.scheduler.note('tail is over')
    this.#world.connections.delete(this.#lose)
    this.#lose()
    this.#leave()
    for (const go of this.#waiting.splice(0)) go()
  }

  /** The process is gone: it must not be told. */
  readonly #lose = () => {
    this.#isGone = true
    this.#chunks = []
    this.#finish()
  }

  #readSoon(): void {
    if (this.#isReading || this.#isGone) return
    this.#isReading = true
    const { scheduler, isHealed } = this.#world
    const { share, whole } = scheduler.random
    const delayMs = !isHealed && share() < 0.05 ? whole(100, 2000) : 2 * share()
    scheduler.after('reader takes', delayMs, () => this.#read())
  }

  #read(): void {
    this.#isReading = false
    if (this.#isGone) return
    const chunk = this.#chunks.shift()
    if (chunk !== undefined) {
      this.#world.scheduler.note('tail takes', chunk.length)
      this.#pendingBytes -= chunk.length
      for (const line of Buffer.from(chunk).toString('latin1').split('\n')) if (line !== '') this.#take(line)
    }
    if (this.#chunks.length > 0) {
      this.#readSoon()
      return
    }
    if (this.#isEnding) this.hangUp()
    for (const go of this.#waiting.splice(0)) go()
  }
}
