import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ByteBudget } from '../../src/http/byte-budget.ts'

function budgetOf(capacityBytes: number): ByteBudget {
  return new ByteBudget({ capacityBytes, refusal: 'no room; try again' })
}

test('requests together may take what the budget has, and not a byte more', () => {
  const budget = budgetOf(10)
  const [first, second] = [budget.hold(), budget.hold()]
  first.add(4)
  second.add(6)
  assert.throws(() => first.add(1), { code: 'queue_full', message: 'no room; try again' })
  assert.deepEqual([budget.usedBytes, first.bytes, second.bytes], [10, 4, 6])
})

test('what a request gives back is there for the next one', () => {
  const budget = budgetOf(10)
  const waiting = budget.hold()
  waiting.add(1)
  for (let times = 0; times < 3; times++) {
    using held = budget.hold()
    held.add(5)
    held.add(4)
    assert.throws(() => waiting.add(1), { code: 'queue_full' })
  }
  waiting.add(9)
  assert.equal(budget.usedBytes, 10)
})

test('bytes are given back once, however often the holder is disposed', () => {
  const budget = budgetOf(10)
  const [first, second] = [budget.hold(), budget.hold()]
  first.add(3)
  second.add(4)
  first[Symbol.dispose]()
  first[Symbol.dispose]()
  assert.equal(budget.usedBytes, 4)
})

test('a request larger than the budget is served when it is alone, and the others wait', () => {
  const budget = budgetOf(10)
  const [large, small] = [budget.hold(), budget.hold()]
  large.add(8)
  large.add(8)
  assert.throws(() => small.add(1), { code: 'queue_full' })
  large[Symbol.dispose]()
  small.add(1)
  assert.throws(() => large.add(16), { code: 'queue_full' })
})
