/** What a run did, as two numbers that differ as soon as one step does; and as text for whoever looks into one seed. */

export class Trace {
  readonly #print: ((line: string) => void) | undefined
  #high = 0x811c9dc5
  #low = 0x9dc5811c
  #steps = 0

  /** @param print told of every step; costs more than the run itself. */
  constructor(print?: (line: string) => void) {
    this.#print = print
  }

  get steps(): number {
    return this.#steps
  }

  get hash(): string {
    return [this.#high, this.#low].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('')
  }

  /** @param what the same few names over and over. */
  note(what: string, atMs: number, value = 0): void {
    this.#steps++
    this.#mix(hashOf(what))
    this.#mix(Math.floor(atMs * 1000) | 0)
    this.#mix(value | 0)
    this.#print?.(`${atMs.toFixed(3).padStart(12)} ${what}${value === 0 ? '' : ` ${value}`}`)
  }

  #mix(value: number): void {
    this.#high = Math.imul(this.#high ^ value, 0x01000193) ^ (this.#high >>> 15)
    this.#low = Math.imul(this.#low ^ (value + this.#high), 0x85ebca6b) ^ (this.#low >>> 13)
  }
}

const hashes = new Map<string, number>()

function hashOf(what: string): number {
  let hash = hashes.get(what)
  if (hash === undefined) {
    hash = 0x811c9dc5
    for (let at = 0; at < what.length; at++) hash = Math.imul(hash ^ what.charCodeAt(at), 0x01000193)
    hashes.set(what, hash)
  }
  return hash
}
