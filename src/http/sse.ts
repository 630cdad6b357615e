/** Server-sent events (HTML standard, 9.2): the text of the live tail, and the response that carries it. */
import type { ServerResponse } from 'node:http'
import type { StoredEvent } from '../core/event.ts'
import type { TailSink } from '../pipeline/tail-hub.ts'
import { eventJson } from './wire.ts'

export const eventStreamContentType = 'text/event-stream; charset=utf-8'
/** A comment: nothing for the reader, but it keeps proxies from closing an idle connection. */
export const heartbeatChunk = Buffer.from(': still here\n\n')
/** How long a client waits before it comes again, in milliseconds. */
const openingFields = 'retry: 1000\n: from here on\n'
const byeChunk = Buffer.from('event: bye\ndata: {}\n\n')

const lineBreaks = /[\r\n]/g

/** A line break may only stand between the tokens of valid JSON, where a space says the same. */
export function sseEvent(event: StoredEvent): Buffer {
  return Buffer.from(`id: ${event.seq}\nevent: event\ndata: ${eventJson(event).replaceAll(lineBreaks, ' ')}\n\n`)
}

export interface StreamOpening {
  readonly headers: Readonly<Record<string, string>>
  /** For a reader that has no position of its own: without it, one that is cut off before its first event would skip. */
  readonly position: number | undefined
}

/** Takes the response over: begins the stream, and carries chunks to it. */
export class ResponseSink implements TailSink {
  readonly #response: ServerResponse

  constructor(response: ServerResponse, { headers, position }: StreamOpening) {
    this.#response = response
    response.writeHead(200, headers)
    // An id without data is no event: a client only keeps it, for its Last-Event-ID (HTML standard, 9.2.6).
    const id = position === undefined ? '' : `id: ${position}\n`
    response.write(`${openingFields}${id}\n`)
  }

  get pendingBytes(): number {
    return this.#response.writableLength
  }

  write(chunk: Uint8Array): void {
    this.#response.write(chunk)
  }

  async drained(): Promise<void> {
    const response = this.#response
    if (!response.writableNeedDrain || response.destroyed) return
    await new Promise<void>((resolve) => {
      const done = () => {
        response.off('drain', done)
        response.off('close', done)
        resolve()
      }
      response.on('drain', done)
      response.on('close', done)
    })
  }

  end(): void {
    this.#response.end(byeChunk)
  }

  cut(): void {
    this.#response.destroy()
  }
}
