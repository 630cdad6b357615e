/** A batch as an append works with it: which of its events are the first of their pair, and parts that a statement takes. */
import type { PackedEvents, packedFields } from '../../core/packed-events.ts'
import { fractionOf } from '../../core/timestamp.ts'
import { bigintArray, textArray } from './binary-array.ts'
import { indexedFractionDigits } from './migrations.ts'

/** Events, and characters of their texts, that one statement is given. */
const maxPartEvents = 1000
const maxPartChars = 4 * 1024 * 1024

type FieldName = keyof typeof packedFields

export class EventBatch {
  readonly events: PackedEvents
  /** For each event the index of the first event of the batch with the same pair. */
  readonly firstOf: readonly number[]

  constructor(events: PackedEvents) {
    this.events = events
    const firstByPair = new Map<string, number>()
    this.firstOf = Array.from({ length: events.length }, (_, index) => {
      // No topic has U+0000 in it, so that no two pairs are the same text.
      const pair = `${events.field(index, 'topic')}\0${events.field(index, 'eventId')}`
      const first = firstByPair.get(pair) ?? index
      if (first === index) firstByPair.set(pair, index)
      return first
    })
  }

  get length(): number {
    return this.events.length
  }

  get firsts(): number[] {
    return [...this.firstOf.keys()].filter((index) => this.firstOf[index] === index)
  }

  hasSameContent(a: number, b: number): boolean {
    return contentFields.every((name) => this.events.field(a, name) === this.events.field(b, name))
  }

  /** One field of some events as a parameter. */
  texts(indexes: readonly number[], name: FieldName): Buffer {
    return textArray(indexes.map((index) => this.events.field(index, name)))
  }

  /** The instants of some events, as their three columns. */
  instants(indexes: readonly number[]): [Buffer, Buffer, Buffer] {
    const { instantsMs } = this.events.columns
    const fractions = indexes.map((index) => fractionOf(this.events.field(index, 'timestamp')))
    return [
      bigintArray(indexes.map((index) => instantsMs[index] ?? 0)),
      textArray(fractions.map((fraction) => fraction.slice(0, indexedFractionDigits))),
      textArray(fractions.map((fraction) => fraction.slice(indexedFractionDigits))),
    ]
  }

  /** The indexes in parts that a statement takes, at least one in each. */
  partsOf(indexes: readonly number[]): number[][] {
    const { spans } = this.events.columns
    const spansPerEvent = spans.length / this.events.length
    const parts: number[][] = []
    let part: number[] = []
    let chars = 0
    for (const index of indexes) {
      let eventChars = 0
      for (let at = index * spansPerEvent; at < (index + 1) * spansPerEvent; at += 2) {
        eventChars += (spans[at + 1] ?? 0) - (spans[at] ?? 0)
      }
      if (part.length === maxPartEvents || (part.length > 0 && chars + eventChars > maxPartChars)) {
        parts.push(part)
        part = []
        chars = 0
      }
      part.push(index)
      chars += eventChars
    }
    if (part.length > 0) parts.push(part)
    return parts
  }
}

const contentFields: readonly FieldName[] = ['timestamp', 'source', 'payload']
