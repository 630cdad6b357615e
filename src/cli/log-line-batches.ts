/**
 * Plain log lines as batches of events, made so that the same line of the same file is always the same event:
 * the same id, and the same content. Publishing a file again, or after it grew, stores every line once.
 */
import { hash } from 'node:crypto'
import { parseTimestamp } from '../core/timestamp.ts'
import { BatchBuilder, type Framing, type InputBatch, type Place } from './input-batch.ts'
import { type LinePiece, LineSplitter } from './line-splitter.ts'
import type { PublishInput } from './publish-input.ts'

export interface LogLineOptions {
  readonly topic: string
  readonly source: string
  /** Told of the end of a file that has no newline yet: that line may still grow and is left for the next time. */
  readonly onUnfinishedLine?: (bytes: number) => void
  readonly nowMs?: () => number
}

/** Longer lines become several events. */
export const maxPieceBytes = 1024 * 1024
const carriageReturn = 0x0d
const framing: Framing = {
  contentType: 'application/json',
  before: Buffer.from('{"events":['),
  between: Buffer.from(','),
  after: Buffer.from(']}'),
}

/** @throws whatever reading the input throws. */
export async function* logLineBatches(input: PublishInput, options: LogLineOptions): AsyncGenerator<InputBatch> {
  const { stream, file } = input
  const { nowMs = Date.now } = options
  const splitter = new LineSplitter(maxPieceBytes)
  const builder = new BatchBuilder(framing)
  const events = new LogLineEvents(options, file?.identity ?? crypto.randomUUID())
  const add = function* (piece: LinePiece, fallback: string): Generator<InputBatch> {
    const event = events.eventOf(piece, fallback)
    if (builder.isFullFor(event)) yield builder.take()
    builder.add(event, endOf(piece))
  }
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    const fallback = file?.bornAt ?? isoTime(nowMs())
    for (const piece of splitter.push(chunk)) yield* add(piece, fallback)
    // What comes through a pipe goes out as it comes in: the next line may be hours away.
    if (file === undefined) yield builder.take()
  }
  const last = splitter.end()
  if (last !== undefined && file === undefined) yield* add(last, isoTime(nowMs()))
  yield builder.take()
  if (last !== undefined && file !== undefined) options.onUnfinishedLine?.(last.bytes.length)
}

class LogLineEvents {
  readonly #topicJson: string
  readonly #sourceJson: string
  readonly #identity: string
  /** What stands before position and line in the bytes that are hashed to the id; known with the first line. */
  #idPrefix: Buffer | undefined
  #timestamp: string | undefined

  constructor({ topic, source }: LogLineOptions, identity: string) {
    this.#topicJson = JSON.stringify(topic)
    this.#sourceJson = JSON.stringify(source)
    this.#identity = identity
  }

  /** @param fallback the timestamp when neither this line nor one before it has any. */
  eventOf({ bytes, position, isLineStart, isLineEnd }: LinePiece, fallback: string): Buffer {
    const hasReturn = isLineEnd && bytes.at(-1) === carriageReturn
    // Bytes that are not UTF-8 become U+FFFD here; the id is made of the bytes themselves.
    const text = (hasReturn ? bytes.subarray(0, -1) : bytes).toString()
    if (isLineStart) this.#timestamp = timestampOf(text) ?? this.#timestamp
    // The first line tells a log that was emptied in place, to begin anew, from what the same file held before.
    this.#idPrefix ??= Buffer.from(`${this.#sourceJson}\n${this.#identity}\n${hash('sha256', bytes)}\n`)
    const id = hash('sha256', Buffer.concat([this.#idPrefix, Buffer.from(`${position}\n`), bytes]), 'base64url')
    const timestamp = this.#timestamp ?? fallback
    return Buffer.from(
      `{"topic":${this.#topicJson},"event_id":"${id}","timestamp":"${timestamp}","source":${this.#sourceJson},` +
        `"payload":{"line":${JSON.stringify(text)},"offset":${position}}}`,
    )
  }
}

/** Date and time at the start of a line; some programs put a space before the offset. */
const timestampPattern =
  /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d)?)(?:[.,](\d{1,30}))?(?: ?([+-]\d\d:?\d\d)|([+-]\d\d|Z))?(?!\w|[.,:+-]\d)/

/** The ISO 8601 timestamp that a log line starts with; undefined without one that exists. */
export function timestampOf(text: string): string | undefined {
  const match = timestampPattern.exec(text)
  if (match === null) return undefined
  const [, day, time, fraction, offset, hoursOrZulu] = match
  const timestamp = `${day}T${time}${fraction === undefined ? '' : `.${fraction}`}${offset ?? hoursOrZulu ?? ''}`
  return parseTimestamp(timestamp) === undefined ? undefined : timestamp
}

function endOf({ line, position, bytes, isLineEnd }: LinePiece): Place {
  return { line, bytes: position + bytes.length + (isLineEnd ? 1 : 0) }
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString()
}
