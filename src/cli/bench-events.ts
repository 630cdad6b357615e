/** The events of a benchmark: made from a seed and a number, so that the same number is the same event again. */

export const idKinds = ['uuid4', 'uuid7', 'sequential'] as const
export type IdKind = (typeof idKinds)[number]

export interface EventShape {
  readonly idKind: IdKind
  /** How many topics the events go round; their names start with `topicPrefix`. */
  readonly topics: number
  readonly topicPrefix: string
  /** Of the payload's JSON text; at least 40 are needed. */
  readonly payloadBytes: number
  /** Two runs with one seed send the same events. 32 bits. */
  readonly seed: number
}

/** Event as it goes over the wire. */
export interface BenchEvent {
  readonly topic: string
  readonly event_id: string
  readonly timestamp: string
  readonly source: string
  /** JSON text. */
  readonly payload: string
}

export const minPayloadBytes = 40
/** Events whose timestamps share a millisecond. */
export const eventsPerMs = 100

/** @param startMs the timestamp of event 0, milliseconds since the Unix epoch. */
export function openEventSource({ idKind, topics, topicPrefix, payloadBytes, seed }: EventShape, startMs: number) {
  const digits = String(topics - 1).length
  const topicNames = Array.from(
    { length: topics },
    (_, topic) => `${topicPrefix}${String(topic).padStart(digits, '0')}`,
  )
  const head = '{"level":"INFO","n":'
  const tail = (n: string) => `,"text":"${'x'.repeat(Math.max(0, payloadBytes - head.length - n.length - 11))}"}`
  const tails = Array.from({ length: 17 }, (_, length) => tail('0'.repeat(length)))
  let lastMs = -1
  let lastTimestamp = ''

  /** Event number `index`, from 0 to 2^32 - 1. */
  return (index: number): BenchEvent => {
    const ms = startMs + Math.floor(index / eventsPerMs)
    if (ms !== lastMs) {
      lastMs = ms
      lastTimestamp = new Date(ms).toISOString()
    }
    const n = String(index)
    return {
      topic: topicNames[index % topics] as string,
      event_id: idOf(idKind, seed, index, ms),
      timestamp: lastTimestamp,
      source: 'bench',
      payload: head + n + tails[n.length],
    }
  }
}

export type EventSource = ReturnType<typeof openEventSource>

export function eventText({ topic, event_id, timestamp, source, payload }: BenchEvent): string {
  return `{"topic":"${topic}","event_id":"${event_id}","timestamp":"${timestamp}","source":"${source}","payload":${payload}}`
}

export interface Batch {
  readonly events: readonly BenchEvent[]
  /** Those that no earlier batch held, and no earlier place of this one. */
  readonly unique: number
}

/**
 * Goes through the events once, in batches, mixing in events that were there before.
 *
 * @param duplicateRatio 0 to 1: the share of places that repeat an earlier event, any of them with the same chance.
 */
export function openBatches(source: EventSource, duplicateRatio: number, seed: number) {
  let place = 0
  let uniqueSoFar = 0
  return (size: number): Batch => {
    const before = uniqueSoFar
    const events = Array.from({ length: size }, () => {
      place++
      const isDuplicate = uniqueSoFar > 0 && unit(mix(seed ^ 0x5bd1e995, place)) < duplicateRatio
      return source(isDuplicate ? Math.floor(unit(mix(seed ^ 0x27d4eb2f, place)) * uniqueSoFar) : uniqueSoFar++)
    })
    return { events, unique: uniqueSoFar - before }
  }
}

function idOf(kind: IdKind, seed: number, index: number, ms: number): string {
  if (kind === 'sequential') return `${hex(seed, 8)}-${String(index).padStart(12, '0')}`
  const a = mix(seed, index)
  const b = mix(seed ^ 0x68e31da4, index)
  const c = mix(seed ^ 0x1b56c4e9, index)
  const d = mix(seed ^ 0x7feb352d, index)
  const high =
    kind === 'uuid7'
      ? `${hex(Math.floor(ms / 2 ** 16), 8)}-${hex(ms % 2 ** 16, 4)}-7${hex(b & 0xfff, 3)}`
      : `${hex(a, 8)}-${hex(b & 0xffff, 4)}-4${hex((b >>> 16) & 0xfff, 3)}`
  return `${high}-${hex(0x8000 | (c & 0x3fff), 4)}-${hex(c >>> 16, 4)}${hex(d, 8)}`
}

function hex(value: number, digits: number): string {
  return (value >>> 0).toString(16).padStart(digits, '0')
}

/** The seed of one run of several, so that no two runs send the same ids. */
export function seedOfRun(seed: number, run: number): number {
  return mix(seed ^ 0x3c6ef372, run) >>> 0
}

/** 32 bits that depend on all bits of both, other ones for every index; a multiply-xorshift hash (splitmix32). */
function mix(seed: number, index: number): number {
  let x = (seed + Math.imul(index | 0, 0x9e3779b9)) | 0
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad)
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97)
  return x ^ (x >>> 15)
}

/** A number from 0 up to 1. */
function unit(bits: number): number {
  return (bits >>> 0) / 2 ** 32
}
