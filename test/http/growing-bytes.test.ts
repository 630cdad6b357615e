import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { GrowingBytes } from '../../src/http/growing-bytes.ts'

test('what is taken is what was added, whatever the sizes', () => {
  const step = fc.oneof(fc.uint8Array({ maxLength: 20 }), fc.constant('take'))
  fc.assert(
    fc.property(fc.array(step, { maxLength: 50 }), (steps) => {
      const bytes = new GrowingBytes()
      let expected: number[] = []
      for (const next of steps) {
        if (typeof next === 'string') {
          assert.deepEqual([...bytes.take()], expected)
          expected = []
        } else {
          bytes.add(Buffer.from(next))
          expected.push(...next)
        }
        assert.equal(bytes.length, expected.length)
      }
    }),
  )
})

test('what was taken is not written over by what comes later', () => {
  const bytes = new GrowingBytes()
  for (const chunk of ['a', 'b', 'c']) bytes.add(Buffer.from(chunk))
  const taken = bytes.take()
  for (const chunk of ['x', 'y', 'z']) bytes.add(Buffer.from(chunk))
  assert.equal(taken.toString(), 'abc')
})

test('many tiny pieces cost memory for their bytes, not for their number', () => {
  setFlagsFromString('--expose-gc')
  const collectGarbage = runInNewContext('gc') as () => void
  const pieces = 300_000
  const bytes = new GrowingBytes()
  collectGarbage()
  const before = process.memoryUsage()
  const received = Buffer.alloc(64 * 1024)
  for (let piece = 0; piece < pieces; piece++) bytes.add(received.subarray(piece % 1000, (piece % 1000) + 1))
  collectGarbage()
  const after = process.memoryUsage()
  const grown = after.heapUsed + after.external - before.heapUsed - before.external
  assert.ok(grown < 16 * pieces, `${grown / pieces} bytes of memory for each`)
  assert.equal(bytes.take().length, pieces)
})
