/** From what a person typed to what PUT /subscriptions/{name} takes, and back from its faults to the fields. No DOM. */
import { parseTimeInput, resolveTime } from '../../state/time.ts'

export type PointKind = 'earliest' | 'latest' | 'seq' | 'time'

/** A place in the log, as it was typed. */
export interface PointDraft {
  readonly kind: PointKind
  readonly seq: string
  readonly time: string
}

export type Point = 'earliest' | 'latest' | { readonly seq: number } | { readonly time: string }

export interface SubscriptionDraft {
  readonly name: string
  /** One a line, or with commas or spaces between. */
  readonly topics: string
  readonly start: PointDraft
  readonly leaseSeconds: string
  readonly maxAttempts: string
  /** Empty: pulled. */
  readonly pushUrl: string
  readonly pushSecret: string
}

export const emptyDraft: SubscriptionDraft = {
  name: '',
  topics: '>',
  start: { kind: 'latest', seq: '', time: '' },
  leaseSeconds: '30',
  maxAttempts: '5',
  pushUrl: '',
  pushSecret: '',
}

/** Numbers are sent as typed, as far as they are numbers: the server says what is wrong with them. */
export function pointOf({ kind, seq, time }: PointDraft, nowMs: number): Point {
  if (kind === 'seq') return { seq: numberOf(seq) }
  if (kind === 'time') return { time: resolveTime(parseTimeInput(time) ?? time, nowMs) ?? time }
  return kind
}

export function bodyOf(draft: SubscriptionDraft, nowMs: number) {
  const { topics, start, leaseSeconds, maxAttempts, pushUrl, pushSecret } = draft
  return {
    topics: topics.split(/[\s,]+/).filter((topic) => topic !== ''),
    start: pointOf(start, nowMs),
    lease_ms: Math.round(numberOf(leaseSeconds) * 1000),
    max_attempts: numberOf(maxAttempts),
    ...(pushUrl.trim() !== '' && { push: { url: pushUrl.trim(), secret: pushSecret.trim() } }),
  }
}

/** The body of a seek to the same kinds of places. */
export function seekBodyOf(draft: PointDraft, nowMs: number) {
  const point = pointOf(draft, nowMs)
  return typeof point === 'string' ? { start: point } : point
}

export interface Fault {
  readonly pointer: string
  readonly message: string
}

/** Everything that is wrong at a field and below it; a fault of `/topics/1` names its topic. */
export function faultAt(faults: readonly Fault[], pointer: string): string | undefined {
  const messages = faults
    .filter((fault) => fault.pointer === pointer || fault.pointer.startsWith(`${pointer}/`))
    .map((fault) => {
      const index = /\/(\d+)$/.exec(fault.pointer)?.[1]
      return index === undefined ? fault.message : `topic ${Number(index) + 1} ${fault.message}`
    })
  return messages.length > 0 ? messages.join('; ') : undefined
}

/** NaN would vanish in JSON: null is refused by name. */
function numberOf(text: string): number {
  return text.trim() === '' ? Number.NaN : Number(text)
}
