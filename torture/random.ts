/** Random numbers that a seed decides, so that a trial can be drawn again. */

export interface Random {
  /** From 0, up to but not including 1. */
  share(): number
  /** Both ends included. */
  whole(from: number, to: number): number
  /** @param values at least one. */
  of<T>(values: readonly [T, ...T[]]): T
}

/** The generator "mulberry32". @param seed a 32-bit number. */
export function seededRandom(seed: number): Random {
  let state = seed | 0
  const share = () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const whole = (from: number, to: number) => from + Math.floor(share() * (to - from + 1))
  return { share, whole, of: (values) => values[whole(0, values.length - 1)] ?? values[0] }
}

/** A 32-bit number from a text: the seed of what belongs to that text. FNV-1a. */
export function seedOf(text: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return hash >>> 0
}
