/** One line at the bottom of a terminal that is painted over and over; nothing anywhere else. */

export interface TerminalStream {
  readonly isTTY?: boolean
  readonly columns?: number
  write(text: string): boolean
}

const minPaintIntervalMs = 100
const eraseToLineStart = '\r\u001b[2K'

export class TerminalLine implements Disposable {
  readonly #stream: TerminalStream
  readonly #isShown: boolean
  readonly #hasColor: boolean
  readonly #monotonicMs: () => number
  #paintedAtMs = Number.NEGATIVE_INFINITY
  #isDirty = false

  constructor(
    stream: TerminalStream,
    env: Readonly<Record<string, string | undefined>>,
    monotonicMs: () => number = () => performance.now(),
  ) {
    this.#stream = stream
    this.#isShown = stream.isTTY === true && env.TERM !== 'dumb'
    // https://no-color.org: any value but the empty one.
    this.#hasColor = !env.NO_COLOR
    this.#monotonicMs = monotonicMs
  }

  get isShown(): boolean {
    return this.#isShown
  }

  /** Cuts the text to the width of the terminal. Paints ten times a second at most. */
  paint(text: string): void {
    if (!this.#isShown || this.#monotonicMs() - this.#paintedAtMs < minPaintIntervalMs) return
    this.paintNow(text)
  }

  paintNow(text: string): void {
    if (!this.#isShown) return
    this.#paintedAtMs = this.#monotonicMs()
    this.#isDirty = true
    // The last column stays free: a terminal may wrap once it is filled.
    const cut = text.slice(0, (this.#stream.columns || 80) - 1)
    this.#stream.write(eraseToLineStart + (this.#hasColor ? colorBar(cut) : cut))
  }

  [Symbol.dispose](): void {
    if (this.#isDirty) this.#stream.write(eraseToLineStart)
    this.#isDirty = false
  }
}

const filled = '█'
const empty = '░'

/** @param fraction from 0 to 1. */
export function barText(fraction: number, width: number): string {
  const cells = Math.round(Math.min(1, Math.max(0, fraction)) * width)
  return filled.repeat(cells) + empty.repeat(width - cells)
}

function colorBar(text: string): string {
  return text.replace(/█+/, '\u001b[32m$&\u001b[39m').replace(/░+/, '\u001b[2m$&\u001b[22m')
}
