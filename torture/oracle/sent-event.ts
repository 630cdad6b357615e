/**
 * The events of a trial. A key says which event it is, and all of its content follows from it: whoever sends a key again
 * sends the same bytes, and whoever finds it stored knows what the bytes must be.
 */
import { hash } from 'node:crypto'
import { type Random, seededRandom, seedOf } from '../random.ts'

export interface SentEvent {
  readonly topic: string
  readonly eventId: string
  readonly timestamp: string
  readonly source: string
  /** The bytes of the payload, as they are sent and must be stored. */
  readonly payload: string
}

/** Texts that a parser would write another way. */
const numbers = ['12345678901234567890', '1e400', '-0', '1.0', '0.1e-7', '17'] as const
const maxLargeChars = 20_000
const largeShare = 0.02

export function keyOf(topic: string, eventId: string): string {
  return `${topic}/${eventId}`
}

export function eventOf(key: string): SentEvent {
  const slash = key.indexOf('/')
  const random = seededRandom(seedOf(key))
  return {
    topic: key.slice(0, slash),
    eventId: key.slice(slash + 1),
    timestamp: new Date(Date.UTC(2026, 0, 1) + random.whole(0, 86_400_000)).toISOString(),
    source: `source-${random.whole(1, 9)}`,
    payload: payloadOf(key, random),
  }
}

/** The event as a publisher sends it. */
export function eventJson(event: SentEvent): string {
  const { topic, eventId, timestamp, source, payload } = event
  return `{"topic":"${topic}","event_id":"${eventId}","timestamp":"${timestamp}","source":"${source}","payload":${payload}}`
}

/** Of everything that was sent with the key. */
export function digestOf({ timestamp, source, payload }: Omit<SentEvent, 'topic' | 'eventId'>): string {
  return hash('sha256', `${timestamp}\n${source}\n${payload}`)
}

function payloadOf(key: string, random: Random): string {
  const chars = random.share() < largeShare ? random.whole(1000, maxLargeChars) : random.whole(0, 200)
  const text = `${key} `.repeat(Math.ceil(chars / (key.length + 1))).slice(0, chars)
  return `{"n": ${random.of(numbers)},"text":"${text}ü\\u00fc", "z":[],"a":null}`
}
