/** One event as its view needs it: whole, or the beginning of a large one. No DOM. */

import { memberTexts } from '../../../../src/client/json-scan.ts'
import type { TextStart } from '../../api/text-start.ts'

export interface EventContent {
  readonly topic: string
  readonly eventId: string
  readonly timestamp: string
  readonly source: string
  /** JSON text as received; its beginning when it is not whole. */
  readonly payload: string
  readonly isWhole: boolean
  readonly payloadBytes: number
  /** Behind the payload in the answer: unknown when only the beginning was loaded. */
  readonly seq: number | undefined
  readonly processedAt: string | undefined
}

export const payloadLimits = {
  /** Larger ones are shown when asked for. */
  maxShownBytes: 64 * 1024,
  /** Of those, at first. */
  startChars: 4096,
  /** Loaded at once: a payload that is shown, and what is around it. */
  maxLoadedBytes: 72 * 1024,
} as const

/** @throws Error when it is not an event. */
export function eventContentIn({ text, isWhole, totalBytes }: TextStart): EventContent {
  const members = memberTexts(text)
  const member = (name: string): unknown => JSON.parse(members.get(name) ?? 'null')
  const payload = members.get('payload') ?? ''
  const encoded = new TextEncoder()
  const payloadBytes = encoded.encode(payload).length
  const aroundBytes = encoded.encode(text).length - payloadBytes
  return {
    topic: String(member('topic')),
    eventId: String(member('event_id')),
    timestamp: String(member('timestamp')),
    source: String(member('source')),
    payload,
    isWhole,
    payloadBytes: isWhole ? payloadBytes : (totalBytes ?? payloadBytes) - aroundBytes,
    seq: isWhole ? Number(member('seq')) : undefined,
    processedAt: isWhole ? String(member('processed_at')) : undefined,
  }
}

/** `4096` characters of text, but no half of a pair of code units at its end. */
export function startOf(text: string, chars: number): string {
  const isHalf = /[\uD800-\uDBFF]/.test(text.charAt(chars - 1))
  return text.slice(0, isHalf ? chars - 1 : chars)
}
