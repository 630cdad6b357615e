/** Answers whose payloads stay the text that was sent: JSON.parse would round 64-bit ids and drop repeated keys. No DOM. */
import type { DuplicateAnswer, EventAnswer } from '../../../src/http/wire-types.ts'
import { itemTexts, memberTexts } from '../ui/json/json-scan.ts'

export type RawEvent = Omit<EventAnswer, 'payload'> & {
  /** JSON text as received. */
  readonly payload: string
}

export type RawDuplicate = Omit<DuplicateAnswer, 'refused'> & {
  readonly refused?: { readonly timestamp: string; readonly source: string; readonly payload: string } | undefined
}

export interface RawPage<T> {
  readonly items: readonly T[]
  readonly nextCursor: string | undefined
  /** The server's time budget ran out: what follows the cursor was not looked at. */
  readonly isPartial: boolean
}

export function parseRawEvent(text: string): RawEvent {
  const { member, memberText } = openObject(text)
  return {
    topic: member('topic'),
    event_id: member('event_id'),
    timestamp: member('timestamp'),
    source: member('source'),
    payload: memberText('payload'),
    seq: member('seq'),
    processed_at: member('processed_at'),
  }
}

export function parseEventPage(text: string): RawPage<RawEvent> {
  return parsePage(text, { name: 'events', parse: parseRawEvent })
}

export function parseDuplicatePage(text: string): RawPage<RawDuplicate> {
  return parsePage(text, { name: 'duplicates', parse: parseRawDuplicate })
}

function parseRawDuplicate(text: string): RawDuplicate {
  const { member, memberText, has } = openObject(text)
  return {
    topic: member('topic'),
    event_id: member('event_id'),
    seq: member('seq'),
    seen_at: member('seen_at'),
    source: member('source'),
    conflict: member('conflict'),
    ...(has('refused') && { refused: parseRefused(memberText('refused')) }),
  }
}

function parseRefused(text: string): NonNullable<RawDuplicate['refused']> {
  const { member, memberText } = openObject(text)
  return { timestamp: member('timestamp'), source: member('source'), payload: memberText('payload') }
}

interface Items<T> {
  readonly name: string
  parse(text: string): T
}

function parsePage<T>(text: string, { name, parse }: Items<T>): RawPage<T> {
  const members = memberTexts(text)
  return {
    items: itemTexts(members.get(name) ?? '[]').map(parse),
    nextCursor: JSON.parse(members.get('next_cursor') ?? 'null') ?? undefined,
    isPartial: members.get('partial') === 'true',
  }
}

function openObject(text: string) {
  const members = memberTexts(text)
  const memberText = (name: string): string => {
    const value = members.get(name)
    if (value === undefined) throw new Error(`the answer has no ${name}`)
    return value
  }
  return {
    has: (name: string) => members.has(name),
    memberText,
    member: (name: string) => JSON.parse(memberText(name)),
  }
}
