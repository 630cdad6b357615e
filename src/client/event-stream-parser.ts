/** Server-sent events (HTML standard, 9.2.6), as much of them as the server uses: id, event and data. */

export interface StreamBlock {
  /** Undefined when the block has none. */
  readonly id: string | undefined
  readonly event: string
  /** Empty when the block has none. */
  readonly data: string
}

/** What a block may have at most before the stream is no event stream: the largest event, and its escapes. */
const maxBlockChars = 64 * 1024 * 1024

export class EventStreamParser {
  #rest: string[] = []
  #restChars = 0
  #id: string | undefined
  #event = ''
  #data: string[] = []

  /** The blocks that end within this piece of text. @throws RangeError when a block has no end. */
  push(text: string): readonly StreamBlock[] {
    const blocks: StreamBlock[] = []
    let start = 0
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', start)) {
      this.#rest.push(text.slice(start, end))
      const line = this.#rest.join('')
      this.#rest = []
      this.#restChars = 0
      start = end + 1
      const block = this.#addLine(line.endsWith('\r') ? line.slice(0, -1) : line)
      if (block !== undefined) blocks.push(block)
    }
    this.#rest.push(text.slice(start))
    this.#restChars += text.length - start
    if (this.#restChars > maxBlockChars) throw new RangeError('the stream has a line without an end')
    return blocks
  }

  #addLine(line: string): StreamBlock | undefined {
    if (line === '') return this.#endBlock()
    const colon = line.indexOf(':')
    const name = colon === -1 ? line : line.slice(0, colon)
    const from = line[colon + 1] === ' ' ? colon + 2 : colon + 1
    const value = colon === -1 ? '' : line.slice(from)
    if (name === 'id') this.#id = value
    else if (name === 'event') this.#event = value
    else if (name === 'data') this.#data.push(value)
    return undefined
  }

  #endBlock(): StreamBlock | undefined {
    const block = { id: this.#id, event: this.#event || 'message', data: this.#data.join('\n') }
    const isEmpty = this.#id === undefined && this.#data.length === 0
    this.#id = undefined
    this.#event = ''
    this.#data = []
    return isEmpty ? undefined : block
  }
}
