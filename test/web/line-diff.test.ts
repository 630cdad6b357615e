/** Two texts side by side. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { contentLines, differInSpaceOnly, differingFields } from '../../web/src/ui/diff/content-lines.ts'
import { foldSame } from '../../web/src/ui/diff/folded.ts'
import { diffLines } from '../../web/src/ui/diff/line-diff.ts'

const lines = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 12 })

test('each side is complete and in order, and rows called the same are', () => {
  fc.assert(
    fc.property(lines, lines, (left, right) => {
      const rows = diffLines(left, right)
      assert.deepEqual(
        rows.flatMap((row) => row.left ?? []),
        left,
      )
      assert.deepEqual(
        rows.flatMap((row) => row.right ?? []),
        right,
      )
      for (const row of rows) assert.equal(row.isSame && row.left !== row.right, false)
    }),
  )
})

test('a changed line faces the one it was', () => {
  assert.deepEqual(diffLines(['{', '  "n": 1,', '}'], ['{', '  "n": 2,', '}']), [
    { left: '{', right: '{', isSame: true },
    { left: '  "n": 1,', right: '  "n": 2,', isSame: false },
    { left: '}', right: '}', isSame: true },
  ])
})

test('as many lines as possible are the same', () => {
  const rows = diffLines(['a', 'b', 'c'], ['b', 'x', 'c'])
  assert.deepEqual(
    rows.map(({ left, right }) => [left, right]),
    [
      ['a', undefined],
      ['b', 'b'],
      [undefined, 'x'],
      ['c', 'c'],
    ],
  )
})

test('texts that are too long for the table are compared at their ends', () => {
  const long = (mark: string) => ['{', ...Array.from({ length: 3000 }, (_, index) => `${mark}${index}`), '}']
  const rows = diffLines(long('a'), long('b'))
  assert.equal(rows.length, 3002)
  assert.deepEqual(
    rows.filter(({ isSame }) => isSame).map(({ left }) => left),
    ['{', '}'],
  )
})

test('long equal stretches fold, all but their edges beside a difference', () => {
  const left = Array.from({ length: 40 }, (_, index) => String(index))
  const parts = foldSame(diffLines(left, left.with(20, 'x')))
  assert.deepEqual(
    parts.map(({ kind, rows }) => [kind, rows.length]),
    [
      ['fold', 17],
      ['rows', 7],
      ['fold', 16],
    ],
  )
})

test('what differs is named, and 64-bit numbers differ in their last digit', () => {
  const stored = { timestamp: '2026-01-31', source: 'a', payload: '{"id":9007199254740993}' }
  const refused = { ...stored, source: 'b', payload: '{"id":9007199254740992}' }
  assert.equal(differingFields(stored, refused), 'source and payload')
  assert.deepEqual(contentLines(refused), [
    'timestamp: 2026-01-31',
    'source: b',
    'payload: {',
    '  "id": 9007199254740992',
    '}',
  ])
  assert.equal(differInSpaceOnly(stored, refused), false)
  assert.equal(differInSpaceOnly(stored, { ...stored, payload: '{"id": 9007199254740993}' }), true)
})
