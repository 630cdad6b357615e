/** Cursors: opaque to clients, so that what they hold may change. Never trusted: anything malformed is undefined. */
import type { EventOrder, EventPosition } from './event-store.ts'

/** A cursor belongs to the order it was made in; another order has other neighbours. */
export function encodeEventCursor(order: EventOrder, position: EventPosition): string {
  return encode([order, position.seq, position.instantMs])
}

export function parseEventCursor(text: string, order: EventOrder): EventPosition | undefined {
  const parts = decode(text)
  if (parts === undefined || parts.length !== 3 || parts[0] !== order) return undefined
  const [, seq, instantMs] = parts
  if (!isCount(seq) || typeof instantMs !== 'number' || !Number.isSafeInteger(instantMs)) return undefined
  return { seq, instantMs }
}

export function encodeDuplicateCursor(beforeId: number): string {
  return encode(['duplicates', beforeId])
}

export function parseDuplicateCursor(text: string): number | undefined {
  const parts = decode(text)
  if (parts === undefined || parts.length !== 2 || parts[0] !== 'duplicates') return undefined
  return isCount(parts[1]) ? parts[1] : undefined
}

/** A place in a list that is summed up anew for every page: the newest record of the first page keeps the pages together. */
export interface SummaryPosition {
  readonly throughId: number
  readonly offset: number
}

/** @param list which of the lists, and in which order. */
export function encodeSummaryCursor(list: string, { throughId, offset }: SummaryPosition): string {
  return encode(['summary', list, throughId, offset])
}

export function parseSummaryCursor(text: string, list: string): SummaryPosition | undefined {
  const parts = decode(text)
  if (parts === undefined || parts.length !== 4 || parts[0] !== 'summary' || parts[1] !== list) return undefined
  const [, , throughId, offset] = parts
  return isCount(throughId) && isCount(offset) ? { throughId, offset } : undefined
}

export function encodeDeadLetterCursor(afterSeq: number): string {
  return encode(['dead-letters', afterSeq])
}

export function parseDeadLetterCursor(text: string): number | undefined {
  const parts = decode(text)
  if (parts === undefined || parts.length !== 2 || parts[0] !== 'dead-letters') return undefined
  return isCount(parts[1]) ? parts[1] : undefined
}

function encode(parts: readonly (string | number)[]): string {
  return btoa(JSON.stringify(parts)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

function decode(text: string): unknown[] | undefined {
  if (text.length > 128 || !/^[\w-]+$/.test(text)) return undefined
  try {
    const parts: unknown = JSON.parse(atob(text.replaceAll('-', '+').replaceAll('_', '/')))
    return Array.isArray(parts) ? parts : undefined
  } catch {
    return undefined
  }
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}
