/** The event, its identity and its limits. Knows nothing of JSON, HTTP or SQL. */
import type { Instant } from './timestamp.ts'

export const eventLimits = {
  /** Characters are Unicode code points. */
  maxTopicChars: 255,
  maxEventIdChars: 128,
  maxSourceChars: 255,
  maxBatchEvents: 1000,
  /** Arrays and objects inside each other, counted from the root of the document they arrive in. */
  maxNesting: 64,
} as const

/** A validated event that is not stored yet. Its identity is the pair (`topic`, `eventId`), compared by code unit. */
export interface NewEvent {
  readonly topic: string
  readonly eventId: string
  /** ISO 8601, exactly as the publisher sent it. */
  readonly timestamp: string
  /** The point in time that `timestamp` names. */
  readonly instant: Instant
  readonly source: string
  /** The text of a JSON object, byte for byte as sent; never parsed again. */
  readonly payload: string
}

/** An event as it was committed; it never changes. */
export interface StoredEvent {
  readonly topic: string
  readonly eventId: string
  readonly timestamp: string
  readonly source: string
  readonly payload: string
  /** Grows in commit order, starts at 1, below 2^53, never reused. */
  readonly seq: number
  /** When the commit was made, wall-clock milliseconds since the Unix epoch. */
  readonly processedAtMs: number
}

/**
 * What is wrong with a text field, in words that follow the field's name; undefined when nothing is.
 *
 * @param maxChars the limit in Unicode code points; at least 1 is always required.
 */
export function textFault(value: unknown, maxChars: number): string | undefined {
  if (typeof value !== 'string') return 'must be a string'
  if (value.length === 0) return `must have 1 to ${maxChars} characters`
  if (value.length > maxChars && (value.length > 2 * maxChars || countCodePoints(value) > maxChars)) {
    return `must have 1 to ${maxChars} characters`
  }
  if (!value.isWellFormed()) return 'must not contain a lone surrogate'
  if (value.includes('\0')) return 'must not contain U+0000'
  return undefined
}

function countCodePoints(value: string): number {
  let count = 0
  for (const _ of value) count++
  return count
}
