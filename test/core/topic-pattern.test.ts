import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { topicMatcher, topicPatternFault } from '../../src/core/topic-pattern.ts'

function matches(pattern: string, topic: string): boolean {
  return topicMatcher([pattern])(topic)
}

test('a pattern without wildcards is a topic, to the letter', () => {
  assert.ok(matches('orders.eu', 'orders.eu'))
  for (const topic of ['orders', 'orders.eu.de', 'Orders.eu', 'orders.eu ']) assert.ok(!matches('orders.eu', topic))
})

test('* is one part, whatever it is, and > the rest, at least one part', () => {
  assert.ok(matches('orders.*', 'orders.eu'))
  assert.ok(matches('orders.*', 'orders.'))
  assert.ok(matches('*.*.created', 'orders.eu.created'))
  assert.ok(matches('orders.>', 'orders.eu'))
  assert.ok(matches('orders.>', 'orders.eu.de'))
  assert.ok(matches('>', 'anything at all'))
  assert.ok(matches('*.eu.>', 'orders.eu.de.berlin'))
  for (const topic of ['orders', 'orders.eu.de', 'xorders.eu']) assert.ok(!matches('orders.*', topic), topic)
  for (const topic of ['orders', 'xorders.eu']) assert.ok(!matches('orders.>', topic), topic)
  assert.ok(!matches('*.eu.>', 'orders.eu'))
})

test('a wildcard is a whole part: elsewhere it is a character like any other', () => {
  assert.ok(matches('a*b', 'a*b'))
  assert.ok(!matches('a*b', 'axb'))
  assert.ok(matches('a.>b', 'a.>b'))
  assert.ok(!matches('a.>b', 'a.xb'))
})

test('no pattern at all asks for every topic, several for each of theirs', () => {
  assert.ok(topicMatcher([])('a'))
  const isWanted = topicMatcher(['a', 'b.*'])
  assert.deepEqual(['a', 'b.x', 'b', 'c'].map(isWanted), [true, true, false, false])
})

test('only > that is not the last part, and what no topic can be, is refused', () => {
  for (const pattern of ['a', 'a.*', '*', '>', 'a.>', 'a>.b', 'a..b', '.'])
    assert.equal(topicPatternFault(pattern), undefined)
  for (const pattern of ['', '>.a', 'a.>.b', 'x'.repeat(256), '\ud800', 'a\0'])
    assert.ok(topicPatternFault(pattern), pattern)
})

test('what matches is what a regular expression made from the pattern matches', () => {
  const part = fc.constantFrom('', 'a', 'b', '*', '>', 'a*')
  fc.assert(
    fc.property(
      fc.array(part, { minLength: 1, maxLength: 4 }),
      fc.array(part, { minLength: 1, maxLength: 4 }),
      (p, t) => {
        const [pattern, topic] = [p.join('.'), t.join('.')]
        fc.pre(pattern !== '' && topicPatternFault(pattern) === undefined)
        const source = pattern
          .split('.')
          .map((each) => (each === '*' ? '[^.]*' : each === '>' ? '.*' : each.replace('*', '\\*').replace('>', '\\>')))
          .join('\\.')
        assert.equal(matches(pattern, topic), new RegExp(`^${source}$`, 's').test(topic), `${pattern} ${topic}`)
      },
    ),
  )
})
