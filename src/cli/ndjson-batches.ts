/** Lines of NDJSON as batches. The bytes of an event are sent as they are: nothing here parses them. */
import { BatchBuilder, type Framing, type InputBatch } from './input-batch.ts'
import { LineSplitter } from './line-splitter.ts'
import type { PublishInput } from './publish-input.ts'

/** A bound for input without newlines; hardly any server takes a longer event. */
const maxLineBytes = 64 * 1024 * 1024
/** What JSON knows as space. A line of anything else is sent, for the server to judge. */
const spaces = [0x20, 0x09, 0x0d]
const framing: Framing = {
  contentType: 'application/x-ndjson',
  before: Buffer.alloc(0),
  between: Buffer.from('\n'),
  after: Buffer.from('\n'),
}

/**
 * @param eventOf the event of a line; the line itself unless given.
 * @throws Error naming a line that is too long; whatever reading the input throws.
 */
export async function* ndjsonBatches(
  { name, stream, file }: PublishInput,
  eventOf = (line: Buffer) => line,
): AsyncGenerator<InputBatch> {
  const splitter = new LineSplitter(maxLineBytes)
  const builder = new BatchBuilder(framing)
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    for (const { bytes, line, position, isLineStart, isLineEnd } of splitter.push(chunk)) {
      if (!isLineStart || !isLineEnd) {
        throw new Error(`${name} line ${line}: is longer than ${maxLineBytes / 1024 / 1024} MiB`)
      }
      const place = { line, bytes: position + bytes.length + 1 }
      if (isBlank(bytes)) {
        builder.skipTo(place)
        continue
      }
      const event = eventOf(bytes)
      if (builder.isFullFor(event)) yield builder.take()
      builder.add(event, place)
    }
    // What comes through a pipe goes out as it comes in: the next line may be hours away.
    if (file === undefined) yield builder.take()
  }
  const last = splitter.end()
  if (last !== undefined && !isBlank(last.bytes)) {
    const event = eventOf(last.bytes)
    if (builder.isFullFor(event)) yield builder.take()
    builder.add(event, { line: last.line, bytes: last.position + last.bytes.length })
  }
  yield builder.take()
}

/** The batch without its first events. */
export function linesAfter(batch: InputBatch, events: number): InputBatch {
  const body = Buffer.from(batch.body)
  let start = 0
  for (let count = 0; count < events; count++) start = body.indexOf(framing.between, start) + framing.between.length
  return { ...batch, body: body.subarray(start), events: batch.events - events, lines: batch.lines.slice(events) }
}

/** The text of an event of a batch, counted from 0. */
export function lineAt(batch: InputBatch, index: number): string {
  const rest = Buffer.from(linesAfter(batch, index).body)
  return rest.subarray(0, rest.indexOf(framing.between)).toString()
}

function isBlank(bytes: Buffer): boolean {
  return bytes.every((byte) => spaces.includes(byte))
}
