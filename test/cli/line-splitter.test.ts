import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type LinePiece, LineSplitter } from '../../src/cli/line-splitter.ts'

function split(chunks: readonly (string | Uint8Array)[], maxPieceBytes = 1000): LinePiece[] {
  const splitter = new LineSplitter(maxPieceBytes)
  const pieces = chunks.flatMap((chunk) => [...splitter.push(Buffer.from(chunk))])
  const last = splitter.end()
  return last === undefined ? pieces : [...pieces, last]
}

function textOf({ bytes, position, line }: LinePiece): string {
  return `${line}@${position} ${bytes}`
}

test('lines are told with their number and the position of their first byte', () => {
  assert.deepEqual(split(['a\n\nbcd\n']).map(textOf), ['1@0 a', '2@2 ', '3@3 bcd'])
})

test('what follows the last newline is told at the end, as a line that has not ended', () => {
  const [, last] = split(['a\nbc'])
  assert.equal(last && textOf(last), '2@2 bc')
  assert.equal(last?.isLineEnd, false)
})

test('a line that is too long is cut, each piece with its own position', () => {
  const pieces = split(['abcdefgh\ni\n'], 3)
  assert.deepEqual(pieces.map(textOf), ['1@0 abc', '1@3 def', '1@6 gh', '2@9 i'])
  assert.deepEqual(
    pieces.map(({ isLineStart, isLineEnd }) => [isLineStart, isLineEnd]),
    [
      [true, false],
      [false, false],
      [false, true],
      [true, true],
    ],
  )
})

test('a line of exactly the greatest length stays whole', () => {
  assert.deepEqual(split(['abc\n', 'def\n'], 3).map(textOf), ['1@0 abc', '2@4 def'])
})

test('a cut does not go through a character', () => {
  assert.deepEqual(split(['aé€😀z\n'], 4).map(textOf), ['1@0 aé', '1@3 €', '1@6 😀', '1@10 z'])
})

test('the pieces are the same however the bytes arrive, and together they are the input', () => {
  const bytes = fc.uint8Array({ maxLength: 60 }).map((array) => array.map((byte) => (byte % 5 === 0 ? 0x0a : byte)))
  fc.assert(
    fc.property(bytes, fc.array(fc.nat(60), { maxLength: 6 }), fc.integer({ min: 4, max: 20 }), (input, cuts, max) => {
      const whole = split([input], max)
      const places = [0, ...cuts.filter((cut) => cut <= input.length).sort((a, b) => a - b), input.length]
      const chunks = places.slice(1).map((end, index) => input.subarray(places[index], end))
      assert.deepEqual(split(chunks, max), whole)
      const joined = Buffer.concat(whole.flatMap((piece) => [piece.bytes, Buffer.from(piece.isLineEnd ? '\n' : '')]))
      assert.deepEqual(joined, Buffer.from(input))
      for (const piece of whole) assert.ok(piece.bytes.length <= max)
      for (const piece of whole) assert.deepEqual(Buffer.from(input.subarray(piece.position)).indexOf(piece.bytes), 0)
    }),
  )
})
