/** From the lines that pino writes to events. The line itself is the payload, byte for byte. */
import type { PublishedEvent } from '../published-event.ts'

/** Puts lines together again that arrived in pieces. */
export class LineAssembler {
  readonly #decoder = new TextDecoder()
  #rest = ''

  /** The lines that end within this piece. */
  push(piece: string | Uint8Array): readonly string[] {
    const text = typeof piece === 'string' ? piece : this.#decoder.decode(piece, { stream: true })
    const lines = (this.#rest + text).split('\n')
    this.#rest = lines.pop() ?? ''
    return lines.filter((line) => line !== '')
  }

  /** There is no more: the last line needs no line break. */
  end(): readonly string[] {
    return this.push('\n')
  }
}

/** The time is that of the line where it has one: milliseconds, as pino writes it unless told otherwise, or ISO 8601. */
export function eventOfLine(line: string): PublishedEvent {
  const time = timeOf(line)
  if (time === undefined) return { payload: line }
  return { payload: line, timestamp: typeof time === 'string' ? time : new Date(time) }
}

function timeOf(line: string): string | number | undefined {
  let time: unknown
  try {
    time = (JSON.parse(line) as { time?: unknown } | null)?.time
  } catch {
    // Not JSON: refused as an event, and told.
    return undefined
  }
  if (typeof time === 'number' && Math.abs(time) <= maxDateMs) return time
  return typeof time === 'string' && isoTime.test(time) ? time : undefined
}

const maxDateMs = 8.64e15
const isoTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/
