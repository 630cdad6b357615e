/** Server-sent events out of chunks of text, cut anywhere. No DOM. */

export interface SentEvent {
  readonly id: string
  readonly event: string
  readonly data: string
}

const blockEnd = '\n\n'

export class SseParser {
  /** The beginning of an event, in as many parts as it came: joined once, however large it is. */
  #parts: string[] = []
  #endsInBreak = false

  /** What is complete with this chunk; comments are left out. */
  push(chunk: string): SentEvent[] {
    if (chunk === '') return []
    const isComplete = chunk.includes(blockEnd) || (this.#endsInBreak && chunk.startsWith('\n'))
    this.#parts.push(chunk)
    this.#endsInBreak = chunk.endsWith('\n')
    if (!isComplete) return []
    const blocks = this.#parts.join('').split(blockEnd)
    this.#parts = [blocks.pop() ?? '']
    return blocks.map(parseBlock).filter(({ event }) => event !== '')
  }
}

function parseBlock(block: string): SentEvent {
  const found = { id: '', event: '', data: '' }
  for (const line of block.split('\n')) {
    const colon = line.indexOf(': ')
    const name = line.slice(0, colon)
    if (name === 'id' || name === 'event' || name === 'data') found[name] = line.slice(colon + 2)
  }
  return found
}
