/**
 * A checksum of 32 bits over texts as UTF-8, for rows that are written hundreds of thousands of times a second. `zlib.crc32` takes
 * 200 ns for an event of 254 characters, most of them for handing a string over; a batch of events is handed over once here.
 *
 * Each four bytes go into one of two lanes by steps that lose nothing: what changes in the bytes of one
 * lane, a flipped bit for example, always changes the result; of changes in both, and of three flipped bits and more, about one in a million is not noticed.
 */

/** Characters that are taken out of a string at once; so much of a batch stays in the processor's cache. */
const windowChars = 32_768
const bytesPerChar = 3
const maxRowTexts = 5
/** Words are read in pairs, beyond the last byte. */
const slackBytes = 16

const multiplier1 = 0x9e3779b1
const multiplier2 = 0x85ebca6b

/** Texts as places in a larger one: pairs of start and end, from one place of an array up to another. */
export interface Spans {
  readonly text: string
  readonly places: Int32Array
  readonly from: number
  readonly to: number
}

/** @returns the seed of a checksum: 32 bits that stand for whole numbers below 2^53. */
export function seedOf(first: number, second: number): number {
  return mixNumber(mixNumber(1, first), second)
}

export class TextChecksum {
  readonly #window = memoryOf(windowChars * bytesPerChar)
  readonly #row = memoryOf(windowChars * bytesPerChar)
  readonly #rowPlaces = new Int32Array(2 * maxRowTexts)
  #text = ''
  #start = 0
  #end = 0
  /** Then a character is a byte, and has its place. */
  #isAscii = false

  /** Of texts that lie close to each other, of which others are asked for next. */
  ofSpans(seed: number, spans: Spans): number {
    const { text, places, from, to } = spans
    let low = places[from] ?? 0
    let high = places[from + 1] ?? 0
    for (let at = from + 2; at < to; at += 2) {
      const start = places[at] ?? 0
      const end = places[at + 1] ?? 0
      if (start < low) low = start
      if (end > high) high = end
    }
    // A batch is one string; another one of the same content would do as well.
    if (low < this.#start || high > this.#end || text !== this.#text) this.#load(text, low)
    if (high <= this.#end && this.#isAscii) return hashAll(seed, this.#window, spans, this.#start)
    const texts: string[] = []
    for (let at = from; at < to; at += 2) texts.push(text.slice(places[at], places[at + 1]))
    return this.ofTexts(seed, texts)
  }

  /** The same, of a row that was read. @param texts up to `maxRowTexts`. */
  ofTexts(seed: number, texts: readonly string[]): number {
    let text = ''
    for (let index = 0; index < texts.length; index++) text += texts[index] ?? ''
    const memory = text.length > windowChars ? memoryOf(text.length * bytesPerChar) : this.#row
    const bytes = memory.buffer.write(text, 'utf8')
    const isAscii = bytes === text.length
    const places = this.#rowPlaces
    let end = 0
    for (let index = 0; index < texts.length; index++) {
      const each = texts[index] ?? ''
      places[2 * index] = end
      end += isAscii ? each.length : Buffer.byteLength(each)
      places[2 * index + 1] = end
    }
    return hashAll(seed, memory, { places, from: 0, to: 2 * texts.length }, 0)
  }

  #load(text: string, start: number): void {
    this.#text = text
    this.#start = start
    this.#end = Math.min(text.length, start + windowChars)
    this.#isAscii = this.#window.buffer.write(text.slice(start, this.#end), 'utf8') === this.#end - start
  }
}

/** The same memory, twice. */
interface Memory {
  readonly buffer: Buffer
  readonly words: Int32Array
}

function memoryOf(bytes: number): Memory {
  const memory = new ArrayBuffer(bytes + slackBytes - (bytes % 4))
  return { buffer: Buffer.from(memory), words: new Int32Array(memory) }
}

function mixNumber(hash: number, number: number): number {
  return mix(hash, number | 0) ^ Math.floor(number / 2 ** 32)
}

/** Multiplying carries a bit to the higher ones alone, so shifting brings it back: one flipped bit never undoes another. */
function mix(hash: number, number: number): number {
  const product = Math.imul(hash ^ number, multiplier1)
  return product ^ (product >>> 15)
}

function hashAll(
  seed: number,
  { words }: Memory,
  { places, from, to }: Omit<Spans, 'text'>,
  firstByte: number,
): number {
  let hash = seed
  for (let at = from; at < to; at += 2) {
    const start = (places[at] ?? 0) - firstByte
    const end = (places[at + 1] ?? 0) - firstByte
    // The length as well: nothing may move from one text to the next. That no text waits for the one before leaves the processor
    // free to take them together.
    hash = mix(mix(hash, end - start), hashSpan(words, start, end))
  }
  return hash
}

/** What is left of the two words of a last turn with so many bytes. */
const firstMasks = Int32Array.of(0, 0xff, 0xffff, 0xffffff, -1, -1, -1, -1)
const secondMasks = Int32Array.of(0, 0, 0, 0, 0, 0xff, 0xffff, 0xffffff)

/** Eight bytes a turn, wherever in a word the first one lies; without a branch that depends on it or on what is left. */
function hashSpan(words: Int32Array, start: number, end: number): number {
  let lane1 = multiplier2
  let lane2 = multiplier1
  const shift = (start & 3) << 3
  const back = 31 - shift
  let at = start >> 2
  const last = at + (((end - start) >> 3) << 1)
  let before = words[at] ?? 0
  for (; at < last; at += 2) {
    const middle = words[at + 1] ?? 0
    const after = words[at + 2] ?? 0
    lane1 = mix(lane1, (before >>> shift) | ((middle << 1) << back))
    lane2 = mix(lane2, (middle >>> shift) | ((after << 1) << back))
    before = after
  }
  const middle = words[at + 1] ?? 0
  const after = words[at + 2] ?? 0
  const rest = (end - start) & 7
  lane1 = mix(lane1, ((before >>> shift) | ((middle << 1) << back)) & (firstMasks[rest] ?? 0))
  lane2 = mix(lane2, ((middle >>> shift) | ((after << 1) << back)) & (secondMasks[rest] ?? 0))
  return mix(lane1, mix(multiplier2, lane2))
}
