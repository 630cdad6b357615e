/**
 * Arrays as PostgreSQL takes them in binary: a whole batch is then a few parameters. Measured: a third to a half more rows a
 * second than arrays as text, because nothing is quoted here and nothing parsed there.
 */

const elementTypes = { bigint: 20, text: 25, uuid: 2950 } as const
const headerBytes = 20
const bigintBytes = 8
export const uuidBytes = 16

/** Characters up to which room for the worst is made: to measure each text first takes as long as to write it. */
const maxGuessedChars = 1024 * 1024
const maxBytesPerChar = 3

export function textArray(values: readonly string[]): Buffer {
  const chars = values.reduce((sum, value) => sum + value.length, 0)
  const bytes =
    chars <= maxGuessedChars
      ? maxBytesPerChar * chars
      : values.reduce((sum, value) => sum + Buffer.byteLength(value), 0)
  const { array, view } = newArray('text', values.length, bytes)
  let at = headerBytes
  for (const value of values) {
    const length = value === '' ? 0 : array.write(value, at + 4)
    view.setInt32(at, length)
    at += 4 + length
  }
  return array.subarray(0, at)
}

/** @param values whole numbers below 2^53. */
export function bigintArray(values: readonly number[]): Buffer {
  const { array, view } = newArray('bigint', values.length, bigintBytes * values.length)
  let at = headerBytes
  for (const value of values) {
    view.setInt32(at, bigintBytes)
    view.setBigInt64(at + 4, BigInt(value))
    at += 4 + bigintBytes
  }
  return array
}

/** @param values of 16 characters each, each character one byte. */
export function uuidArray(values: readonly string[]): Buffer {
  const { array, view } = newArray('uuid', values.length, uuidBytes * values.length)
  let at = headerBytes
  for (const value of values) {
    view.setInt32(at, uuidBytes)
    array.write(value, at + 4, 'latin1')
    at += 4 + uuidBytes
  }
  return array
}

function newArray(type: keyof typeof elementTypes, length: number, contentBytes: number) {
  const array = Buffer.allocUnsafe(headerBytes + 4 * length + contentBytes)
  const view = new DataView(array.buffer, array.byteOffset, array.length)
  // One dimension, no nulls, its element type, its length, and the index of its first element.
  const header = [1, 0, elementTypes[type], length, 1]
  for (const [index, value] of header.entries()) view.setInt32(4 * index, value)
  return { array, view }
}
