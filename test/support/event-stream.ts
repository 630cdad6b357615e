/** A reader of server-sent events over a real socket, which can also stop reading. */
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import type { TestContext } from 'node:test'

export interface StreamedEvent {
  readonly id: string
  readonly event: string
  readonly data: string
}

export interface EventStream {
  readonly response: IncomingMessage
  /** Everything that was received and not taken by `next` yet. */
  readonly waiting: readonly StreamedEvent[]
  /** The next event; undefined when the stream has ended. */
  next(): Promise<StreamedEvent | undefined>
  /** The seqs of the next events. */
  nextSeqs(count: number): Promise<number[]>
  close(): void
}

export async function openEventStream(
  t: TestContext,
  url: string,
  headers: Record<string, string> = {},
): Promise<EventStream> {
  const sent = request(url, { headers })
  sent.end()
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  t.after(() => sent.destroy())
  const events: StreamedEvent[] = []
  let text = ''
  let hasEnded = false
  let wake = () => {}
  response.setEncoding('utf8')
  response.on('data', (chunk: string) => {
    text += chunk
    const blocks = text.split('\n\n')
    text = blocks.pop() ?? ''
    events.push(...blocks.map(parseBlock).filter((event) => event.data !== ''))
    wake()
  })
  response.on('error', () => {})
  response.on('close', () => {
    hasEnded = true
    wake()
  })
  const next = async (): Promise<StreamedEvent | undefined> => {
    while (events.length === 0 && !hasEnded) {
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
    return events.shift()
  }
  return {
    response,
    waiting: events,
    next,
    async nextSeqs(count) {
      const seqs: number[] = []
      while (seqs.length < count) {
        const event = await next()
        if (event === undefined) throw new Error(`the stream ended after ${seqs}`)
        if (event.event === 'event') seqs.push(Number(event.id))
      }
      return seqs
    },
    close: () => sent.destroy(),
  }
}

function parseBlock(block: string): StreamedEvent {
  const field = (name: string) =>
    block
      .split('\n')
      .filter((line) => line.startsWith(`${name}: `))
      .map((line) => line.slice(name.length + 2))
      .join('\n')
  return { id: field('id'), event: field('event'), data: field('data') }
}
