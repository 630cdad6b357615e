import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkJson } from '../../src/http/json-text.ts'

for (const [text, reason] of [
  ['', 'it is empty'],
  [' \n', 'it is empty'],
  ['{"a":', 'it ends too early'],
  ['"a', 'it ends too early'],
  ['[1,2', 'it ends too early'],
  ['hello', 'unexpected "h" at byte 0'],
  ['\ufeff{}', 'unexpected "\ufeff" at byte 0'],
  ['{"é":😀}', 'unexpected "😀" at byte 6'],
  ['{"a":1,}', 'unexpected "}" at byte 7'],
  ['[1}', 'unexpected "}" at byte 2'],
  ['{}x', 'unexpected "x" at byte 2'],
  ['"\t"', 'unexpected "\\t" at byte 1'],
  ['["\\x"]', 'unexpected "\\\\" at byte 2'],
  [`{"a":[}${'['.repeat(100)}`, 'unexpected "}" at byte 6'],
] as const) {
  test(`${JSON.stringify(text.slice(0, 20))} is not JSON: ${reason}`, () => {
    assert.throws(() => checkJson(Buffer.from(text)), {
      code: 'invalid_json',
      message: `the body is not JSON: ${reason}`,
      errors: [{ pointer: '', message: `is not JSON: ${reason}` }],
    })
  })
}

test('what comes behind what goes too deep is not looked at', () => {
  for (const levels of [64, 65])
    checkJson(Buffer.from(`${'['.repeat(levels)}${levels > 64 ? 'x' : ']'.repeat(levels)}`))
})
