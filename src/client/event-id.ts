/**
 * UUIDv7 (RFC 9562): time first, so that ids of one publisher sort as they were minted. Within a millisecond, and when the
 * clock goes back, a counter grows instead (section 6.2, method 1).
 */

const poolBytes = 1024
const idBytes = 10
const maxCounter = 0xfff

/** @param nowMs wall clock, milliseconds since the Unix epoch. */
export function mintEventIds(nowMs: () => number): () => string {
  const pool = new Uint8Array(poolBytes)
  let usedBytes = poolBytes
  let lastMs = 0
  let counter = 0
  return () => {
    if (usedBytes + idBytes > poolBytes) {
      crypto.getRandomValues(pool)
      usedBytes = 0
    }
    const at = usedBytes
    usedBytes += idBytes
    const byte = (index: number) => pool[at + index] ?? 0
    const ms = Math.floor(nowMs())
    if (ms > lastMs) {
      lastMs = ms
      // The upper half is left for those that follow within the millisecond.
      counter = ((byte(8) << 8) | byte(9)) & (maxCounter >> 1)
    } else if (++counter > maxCounter) {
      lastMs++
      counter = 0
    }
    const time = lastMs.toString(16).padStart(12, '0')
    const count = (0x7000 | counter).toString(16)
    const variant = `${hex(0x80 | (byte(0) & 0x3f))}${hex(byte(1))}`
    const rest = `${hex(byte(2))}${hex(byte(3))}${hex(byte(4))}${hex(byte(5))}${hex(byte(6))}${hex(byte(7))}`
    return `${time.slice(0, 8)}-${time.slice(8)}-${count}-${variant}-${rest}`
  }
}

const hexBytes = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

function hex(byte: number): string {
  return hexBytes[byte] ?? ''
}
