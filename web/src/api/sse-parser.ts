/** Server-sent events out of chunks of text, cut anywhere. No DOM. */

export interface SentEvent {
  readonly id: string
  readonly event: string
  readonly data: string
}

export class SseParser {
  #rest = ''

  /** What is complete with this chunk; comments are left out. */
  push(chunk: string): SentEvent[] {
    const blocks = (this.#rest + chunk).split('\n\n')
    this.#rest = blocks.pop() ?? ''
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
