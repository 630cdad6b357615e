import assert from 'node:assert/strict'
import { test } from 'node:test'
import { progressText, retryText } from '../../src/cli/publish-progress.ts'
import { emptyTally } from '../../src/cli/publish-run.ts'
import { TerminalLine } from '../../src/cli/terminal-line.ts'

/** A terminal, or a file, that remembers what was written to it. */
function recordedStream({ isTTY = true, columns = 80 } = {}) {
  const written: string[] = []
  return { isTTY, columns, written, write: (text: string) => written.push(text) > 0 }
}

const tally = { ...emptyTally(), sent: 9_000_000, unique: 8_000_000, duplicates: 1_000_000 }

test('the progress of a file shows how far it is, how fast, and what was new', () => {
  const text = progressText({ ...tally, readSoFar: { line: 1, bytes: 50_000_000 } }, 100_000_000, 60_000)
  assert.equal(text, '████████░░░░░░░░  50 % of 100.0 MB  150,000/s  8,000,000 unique  1,000,000 dup')
  assert.ok(text.length < 80)
})

test('without a known end the progress shows the bytes so far', () => {
  const text = progressText({ ...tally, readSoFar: { line: 1, bytes: 1500 } }, undefined, 60_000)
  assert.equal(text, '1.5 kB  150,000/s  8,000,000 unique  1,000,000 dup')
})

test('a retry is told with its reason', () => {
  assert.equal(
    retryText({ attempts: 1, reason: 'answered 503', delayMs: 1500 }),
    'waiting 1.50 s before attempt 2: answered 503',
  )
})

test('nothing is painted where there is no terminal', () => {
  for (const [isTTY, env] of [
    [false, {}],
    [true, { TERM: 'dumb' }],
  ] as const) {
    const stream = recordedStream({ isTTY })
    using line = new TerminalLine(stream, env)
    line.paint('hello')
    line.paintNow('hello')
    line[Symbol.dispose]()
    assert.deepEqual(stream.written, [])
  }
})

test('the line is painted over, stays within the terminal, and is gone at the end', () => {
  const stream = recordedStream({ columns: 10 })
  const line = new TerminalLine(stream, { NO_COLOR: '1' })
  line.paintNow('0123456789abc')
  line[Symbol.dispose]()
  assert.deepEqual(stream.written, ['\r\u001b[2K012345678', '\r\u001b[2K'])
})

test('the bar has colour, unless NO_COLOR says no', () => {
  const [colored, plain] = [recordedStream(), recordedStream()]
  new TerminalLine(colored, { NO_COLOR: '' }).paintNow('██░░ 50 %')
  new TerminalLine(plain, { NO_COLOR: '1' }).paintNow('██░░ 50 %')
  assert.match(colored.written[0] ?? '', /\[32m██/)
  assert.equal(plain.written[0], '\r\u001b[2K██░░ 50 %')
})

test('it is painted ten times a second at most', () => {
  const stream = recordedStream()
  let nowMs = 0
  const line = new TerminalLine(stream, {}, () => nowMs)
  for (; nowMs < 1000; nowMs += 10) line.paint('x')
  assert.equal(stream.written.length, 10)
})
