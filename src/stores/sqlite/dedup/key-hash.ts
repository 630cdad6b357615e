/**
 * The hash of an event's identity: HalfSipHash-1-3 with a secret seed and 64 bits of output, so that nobody outside can
 * choose ids that collide. It only narrows a search: what decides is the comparison of the keys themselves.
 */

/** Writes the hash of (topicId, eventId) to `out[at]` (high half) and `out[at + 1]` (low half). Never both 0. */
export type KeyHash = (topicId: number, eventId: string, out: Int32Array, at: number) => void

/** Two 32-bit halves of a secret. */
export type Seed = readonly [number, number]

/** Marks keys with characters above U+00FF, which are hashed two bytes a character. */
const wideMark = 0x80

let v0 = 0
let v1 = 0
let v2 = 0
let v3 = 0

export function halfSipHash(seed: Seed): KeyHash {
  const [k0, k1] = seed
  return (topicId, eventId, out, at) => {
    start(k0, k1)
    absorb(topicId)
    const length = eventId.length
    let word = 0
    let index = 0
    for (; index + 4 <= length; index += 4) {
      const a = eventId.charCodeAt(index)
      const b = eventId.charCodeAt(index + 1)
      const c = eventId.charCodeAt(index + 2)
      const d = eventId.charCodeAt(index + 3)
      if ((a | b | c | d) > 0xff) return hashWide(k0, k1, topicId, eventId, out, at)
      absorb(a | (b << 8) | (c << 16) | (d << 24))
    }
    for (let shift = 0; index < length; index++, shift += 8) {
      const char = eventId.charCodeAt(index)
      if (char > 0xff) return hashWide(k0, k1, topicId, eventId, out, at)
      word |= char << shift
    }
    absorb(word | ((length + 4) << 24))
    finish(out, at)
  }
}

function hashWide(k0: number, k1: number, topicId: number, eventId: string, out: Int32Array, at: number): void {
  start(k0, k1)
  absorb(topicId)
  const length = eventId.length
  let index = 0
  for (; index + 2 <= length; index += 2) {
    absorb(eventId.charCodeAt(index) | (eventId.charCodeAt(index + 1) << 16))
  }
  const last = index < length ? eventId.charCodeAt(index) : 0
  absorb(last | (wideMark << 16) | ((length * 2 + 4) << 24))
  finish(out, at)
}

function start(k0: number, k1: number): void {
  v0 = k0
  v1 = k1 ^ 0xee
  v2 = 0x6c796765 ^ k0
  v3 = 0x74656462 ^ k1
}

function absorb(word: number): void {
  v3 ^= word
  round()
  v0 ^= word
}

function finish(out: Int32Array, at: number): void {
  v2 ^= 0xee
  round()
  round()
  round()
  const low = v1 ^ v3
  v1 ^= 0xdd
  round()
  round()
  round()
  const high = v1 ^ v3
  out[at] = high
  // All zero means "no entry" where hashes are kept.
  out[at + 1] = (high | low) === 0 ? 1 : low
}

function round(): void {
  v0 = (v0 + v1) | 0
  v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0
  v0 = (v0 << 16) | (v0 >>> 16)
  v2 = (v2 + v3) | 0
  v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2
  v0 = (v0 + v3) | 0
  v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0
  v2 = (v2 + v1) | 0
  v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2
  v2 = (v2 << 16) | (v2 >>> 16)
}
