/** JSON as text: nothing that was sent changes on its way to the screen. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { itemTexts, memberTexts } from '../../src/client/json-scan.ts'
import { jsonLines } from '../../web/src/ui/json/json-lines.ts'
import { parseJsonTree } from '../../web/src/ui/json/json-tree.ts'

test('numbers, escapes, order and repeated keys are kept as they were sent', () => {
  const text = '{"id":9007199254740993,"b":1e400,"a":-0,"a":1.0,"s":"\\u00e9\\"","":[]}'
  assert.deepEqual(jsonLines(text), [
    '{',
    '  "id": 9007199254740993,',
    '  "b": 1e400,',
    '  "a": -0,',
    '  "a": 1.0,',
    '  "s": "\\u00e9\\"",',
    '  "": []',
    '}',
  ])
})

test('lines of any JSON are the same JSON', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const compact = JSON.stringify(value)
      assert.equal(JSON.stringify(JSON.parse(jsonLines(compact).join('\n'))), JSON.stringify(JSON.parse(compact)))
    }),
  )
})

test('what is not JSON has no tree', () => {
  for (const text of ['', '{', '{"a"}', '{"a":}', '[1,]', '"open', 'tru', '{"a":1}x', '{a:1}', '"']) {
    assert.equal(parseJsonTree(text), undefined, text)
  }
  assert.equal(parseJsonTree(`${'['.repeat(1000)}${']'.repeat(1000)}`), undefined)
})

test('parts are cut out of an answer exactly, whatever they contain', () => {
  fc.assert(
    fc.property(fc.array(fc.dictionary(fc.string(), fc.jsonValue())), fc.constantFrom(0, 2), (events, indent) => {
      const page = JSON.stringify({ before: [{ events: '}]"' }], events, after: null }, null, indent)
      const items = itemTexts(memberTexts(page).get('events') ?? '')
      assert.equal(items.length, events.length)
      for (const [index, item] of items.entries()) {
        const members = memberTexts(item)
        for (const [key, value] of Object.entries(events[index] ?? {})) {
          assert.equal(JSON.stringify(JSON.parse(members.get(key) ?? '')), JSON.stringify(value))
        }
      }
    }),
  )
  assert.equal(
    memberTexts('{"payload": {"id" : 12345678901234567890 } ,"seq":1}').get('payload'),
    '{"id" : 12345678901234567890 }',
  )
})

test('a string of many megabytes is cut out and has a tree', () => {
  const text = `{"payload":{"s":"${'\\"x'.repeat(4_000_000)}"}}`
  const payload = memberTexts(text).get('payload') ?? ''
  assert.equal(payload.length, text.length - '{"payload":}'.length)
  assert.equal(parseJsonTree(payload)?.kind, 'object')
})
