/** A live tail that records what it is shown, and goes on where it was after every interruption. */
import { type ClientRequest, get, type IncomingMessage } from 'node:http'
import type { Recorder } from '../record.ts'
import { keyOf } from '../sent-event.ts'

export interface TailOptions {
  readonly name: string
  /** The query of the stream: which topics. */
  readonly query: string
  readonly recorder: Recorder
}

export class Tail {
  readonly #options: TailOptions
  #lastSeq = 0

  constructor(options: TailOptions) {
    this.#options = options
  }

  /** Reads until the signal or until the server is gone. */
  async read(url: string, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const response = await this.#open(url, signal)
      if (response === undefined) return
      try {
        await this.#record(response)
      } catch {
        // The connection was cut: the next one says whether the server is gone.
      }
    }
  }

  #open(url: string, signal: AbortSignal): Promise<IncomingMessage | undefined> {
    return new Promise((resolve) => {
      const headers = { 'last-event-id': String(this.#lastSeq) }
      const sending: ClientRequest = get(`${url}/events/stream${this.#options.query}`, { headers, signal }, resolve)
      sending.on('error', () => resolve(undefined))
    })
  }

  async #record(response: IncomingMessage): Promise<void> {
    const { name, recorder } = this.#options
    response.setEncoding('utf8')
    let text = ''
    for await (const chunk of response) {
      const blocks = (text + chunk).split('\n\n')
      text = blocks.pop() ?? ''
      const seen = blocks.flatMap(parseBlock)
      recorder.write(seen.map(({ seq, key }) => ({ kind: 'tailed', tail: name, seq, key })))
      this.#lastSeq = seen.at(-1)?.seq ?? this.#lastSeq
    }
  }
}

interface Seen {
  readonly seq: number
  readonly key: string
}

function parseBlock(block: string): Seen[] {
  const data = /^data: (.*)$/m.exec(block)?.[1]
  if (!block.includes('event: event\n') || data === undefined) return []
  const event = JSON.parse(data) as { topic: string; event_id: string; seq: number }
  return [{ seq: event.seq, key: keyOf(event.topic, event.event_id) }]
}
