/** What is known from the oracle's file, added up: what was sent, what was promised, what was shown to whom. */
import { closeSync, openSync, readSync } from 'node:fs'
import { type OracleRecord, parseLine } from './record.ts'

export interface Promised {
  /** Of the ack that came first. */
  readonly seq: number
  storedAcks: number
}

export class History {
  /** Digests of the content, by key. */
  readonly digests = new Map<string, string>()
  /** How often each key was sent. */
  readonly sends = new Map<string, number>()
  /** By key. */
  readonly promised = new Map<string, Promised>()
  /** The key that some reader or publisher was shown under a seq. */
  readonly shown = new Map<number, string>()
  /** By the name of the tail: what it was shown, in its order. */
  readonly tails = new Map<string, number[]>()
  /** By subscription: what was delivered, what somebody asked to ack, what was confirmed. */
  readonly delivered = new Map<string, Set<number>>()
  readonly acking = new Map<string, Set<number>>()
  readonly done = new Map<string, Set<number>>()
  /** Events that were acknowledged, repetitions included. */
  ackedEvents = 0
  /** Events that may have been received or not. */
  unknownEvents = 0
  /** What contradicts itself already, in sentences, by the invariant it breaks. */
  readonly contradictions: { readonly invariant: string; readonly text: string }[] = []

  add(record: OracleRecord): void {
    switch (record.kind) {
      case 'sent':
        this.digests.set(record.key, record.digest)
        this.sends.set(record.key, (this.sends.get(record.key) ?? 0) + 1)
        return
      case 'acked':
        this.#addAck(record)
        return
      case 'unknown':
      case 'refused':
        this.unknownEvents++
        return
      case 'tailed':
        this.#show(record.seq, record.key, `the tail ${record.tail}`)
        listOf(this.tails, record.tail).push(record.seq)
        return
      case 'delivered':
        this.#show(record.seq, record.key, `the subscription ${record.subscription}`)
        if (setOf(this.done, record.subscription).has(record.seq)) {
          const text = `seq ${record.seq} was delivered to ${record.subscription} again after its ack was confirmed`
          this.contradictions.push({ invariant: 'I7', text })
        }
        setOf(this.delivered, record.subscription).add(record.seq)
        return
      case 'acking':
        setOf(this.acking, record.subscription).add(record.seq)
        return
      case 'done':
        setOf(this.done, record.subscription).add(record.seq)
        return
      case 'wrong':
        this.contradictions.push({ invariant: 'wire', text: record.text })
    }
  }

  #addAck({ key, status, seq }: OracleRecord & { readonly kind: 'acked' }): void {
    this.ackedEvents++
    this.#show(seq, key, 'a publisher')
    const promised = this.promised.get(key) ?? { seq, storedAcks: 0 }
    this.promised.set(key, promised)
    if (promised.seq !== seq) this.#contradict('I2', `${key} was acknowledged as seq ${promised.seq} and as seq ${seq}`)
    if (status === 'conflict')
      this.#contradict('I4', `${key} was answered "conflict", though only one content was sent`)
    if (status === 'duplicate' && (this.sends.get(key) ?? 0) < 2) {
      this.#contradict('I1', `${key} was answered "duplicate", though it was sent once`)
    }
    if (status !== 'stored') return
    promised.storedAcks++
    if (promised.storedAcks === 2) this.#contradict('I2', `${key} was answered "stored" twice`)
  }

  #show(seq: number, key: string, reader: string): void {
    const before = this.shown.get(seq)
    if (before === undefined) this.shown.set(seq, key)
    else if (before !== key) this.#contradict('I5', `${reader} was shown ${key} under seq ${seq}, which was ${before}`)
  }

  #contradict(invariant: string, text: string): void {
    this.contradictions.push({ invariant, text })
  }
}

function listOf(lists: Map<string, number[]>, name: string): number[] {
  const list = lists.get(name) ?? []
  lists.set(name, list)
  return list
}

function setOf(sets: Map<string, Set<number>>, name: string): Set<number> {
  const set = sets.get(name) ?? new Set()
  sets.set(name, set)
  return set
}

/** Follows an oracle's file as it grows. */
export class HistoryReader {
  readonly history = new History()
  readonly #path: string
  #readBytes = 0
  #rest = ''

  constructor(path: string) {
    this.#path = path
  }

  /** Adds what is new. @returns all that is known. */
  read(): History {
    const chunk = Buffer.alloc(1024 * 1024)
    const fd = openSync(this.#path, 'r')
    try {
      for (;;) {
        const bytes = readSync(fd, chunk, 0, chunk.length, this.#readBytes)
        if (bytes === 0) return this.history
        this.#readBytes += bytes
        // Keys and texts of the file are ASCII but for an unexpected answer, which is only to be looked at.
        const lines = (this.#rest + chunk.toString('latin1', 0, bytes)).split('\n')
        this.#rest = lines.pop() ?? ''
        for (const line of lines) this.history.add(parseLine(line))
      }
    } finally {
      closeSync(fd)
    }
  }
}
