/** Splits NDJSON into parsed events as it arrives, keeping count of lines. */
import { isUtf8 } from 'node:buffer'
import { AppError, toAppError } from '../core/errors.ts'
import { PackedEvents, PackedEventsBuilder } from '../core/packed-events.ts'
import { EventScanner } from './event-scanner.ts'
import { GrowingBytes } from './growing-bytes.ts'
import { skipSpace } from './json-bytes.ts'
import { decodeUtf8 } from './json-text.ts'
import { parseEventLine } from './publish-body.ts'

export interface ParsedLines {
  readonly events: PackedEvents
  /** Of all these lines, however many chunks they came in; without the newline after the last. */
  readonly bytes: number
  /** Why the line after these events was refused; `line` counts from 1 and is among its extensions. */
  readonly fault: AppError | undefined
}

const newline = 0x0a
const noLines: ParsedLines = { events: PackedEvents.from([]), bytes: 0, fault: undefined }

export class NdjsonParser {
  /** The bytes of a line that has not ended yet. */
  readonly #partial = new GrowingBytes()
  #line = 0

  /** Lines that were read, blank ones included. */
  get line(): number {
    return this.#line
  }

  /** The events of the lines that end in this chunk, up to the first that is invalid. Blank lines are skipped. */
  push(chunk: Buffer): ParsedLines {
    const end = chunk.lastIndexOf(newline)
    if (end < 0) {
      this.#partial.add(chunk)
      return noLines
    }
    this.#partial.add(chunk.subarray(0, end))
    const whole = this.#partial.take()
    this.#partial.add(chunk.subarray(end + 1))
    return this.#parseLines(whole)
  }

  /** The event of a last line without a newline. */
  end(): ParsedLines {
    const rest = this.#partial.take()
    return rest.length === 0 ? noLines : this.#parseLines(rest)
  }

  #parseLines(bytes: Buffer): ParsedLines {
    // When some of it is not UTF-8, every line is looked at by itself, to find which.
    const text = isUtf8(bytes) ? decodeUtf8(bytes) : undefined
    const builder = new PackedEventsBuilder(text ?? '')
    const scanner = text === undefined ? undefined : new EventScanner(bytes, text, builder)
    let start = 0
    while (start <= bytes.length) {
      const found = bytes.indexOf(newline, start)
      const end = found < 0 ? bytes.length : found
      this.#line++
      try {
        const first = skipSpace(bytes, start, end)
        // Only what JSON knows as space: anything else on a line must be an event.
        const isBlank = first === end
        if (!isBlank && scanner?.scanLine(first, end) !== true) {
          builder.add(parseEventLine(bytes.subarray(start, end)))
        }
      } catch (thrown) {
        const fault = atLine(toAppError(thrown, 'invalid_json'), this.#line)
        return { events: builder.build(), bytes: bytes.length, fault }
      }
      start = end + 1
    }
    return { events: builder.build(), bytes: bytes.length, fault: undefined }
  }
}

function atLine(error: AppError, line: number): AppError {
  const detail = `line ${line}: ${error.message}`
  return new AppError(error.code, detail, { cause: error, errors: error.errors, extensions: { line } })
}
