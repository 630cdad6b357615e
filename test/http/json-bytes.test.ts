import assert from 'node:assert/strict'
import { isUtf8 } from 'node:buffer'
import { test } from 'node:test'
import fc from 'fast-check'
import { skipJsonValue, skipPlainString, skipSpace } from '../../src/http/json-bytes.ts'
import { change, changed } from './json-mutations.ts'
import { anyObject, anyValue, joined, member, space } from './json-texts.ts'

/** More than any generated value has. */
const anyDepth = 200

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** Whether the bytes are one value and nothing but space around it. */
function isAccepted(bytes: Uint8Array): boolean {
  const at = skipJsonValue(bytes, skipSpace(bytes, 0, bytes.length), bytes.length, anyDepth)
  return at >= 0 && skipSpace(bytes, at, bytes.length) === bytes.length
}

const shortValue = fc.constantFrom('true', 'false', 'null', '1', '-0.5e1', '""', '[]', '{}')
const document = fc
  .tuple(space, fc.oneof(anyObject, anyValue, shortValue), space)
  .map((parts) => Buffer.from(parts.join('')))

test('every form of JSON is a value, to its last byte', () => {
  fc.assert(
    fc.property(fc.oneof(anyObject, anyValue), (text) => {
      const bytes = Buffer.from(text)
      assert.equal(skipJsonValue(bytes, 0, bytes.length, anyDepth), bytes.length)
    }),
    { numRuns: 2000 },
  )
})

test('what JSON.parse refuses is refused, and what it accepts is accepted, however a text is changed', () => {
  let [accepted, refused] = [0, 0]
  fc.assert(
    fc.property(document, fc.array(change, { minLength: 1, maxLength: 3 }), (bytes, changes) => {
      const body = changes.reduce(changed, bytes)
      if (!isUtf8(body)) return
      const isValid = isJson(body.toString())
      assert.equal(isAccepted(body), isValid, JSON.stringify(body.toString()))
      if (isValid) accepted++
      else refused++
    }),
    { numRuns: 15_000 },
  )
  assert.ok(accepted > 1000 && refused > 1000, `${accepted} accepted, ${refused} refused`)
})

test('a value ends where it ends, whatever bytes come behind its end', () => {
  const behind = fc.constantFrom(...'"\\{}[],:0e.', 'rue', 'ull', '":1}', '0"', 'u0041"', '/*', '\n', ' }')
  fc.assert(
    fc.property(document, change, behind, (bytes, cut, rest) => {
      const body = changed(bytes, cut)
      if (!isUtf8(body)) return
      const text = body.toString().trim()
      const [before, value] = [Buffer.from('"[{ '), Buffer.from(text)]
      const longer = Buffer.concat([before, value, Buffer.from(rest)])
      const end = before.length + value.length
      const at = skipJsonValue(longer, before.length, end, anyDepth)
      assert.equal(at === end, isJson(text), JSON.stringify(text))
      assert.ok(at <= end)
    }),
    { numRuns: 5000 },
  )
})

test('every beginning of a value is refused, though the rest lies behind', () => {
  const texts = [
    '{"a":[true,false,null,-0.5e+10,"\\u00e9\\n é漢😀",{},[],{"b":{"c":""}}]}',
    'true',
    'false',
    'null',
    '"é"',
  ]
  for (const text of texts) {
    const bytes = Buffer.from(text)
    for (let end = 0; end < bytes.length; end++) assert.ok(skipJsonValue(bytes, 0, end, anyDepth) < 0, `${end}`)
    assert.equal(skipJsonValue(bytes, 0, bytes.length, anyDepth), bytes.length)
  }
})

const nasty =
  `01 00 -01 1. .5 -.5 - -- +1 1e 1e+ 1E- 1e1.5 1e+-1 0x1 1_000 1.e1 .e1 -a 0e 0. 0e0 -0 -0.0e-0 1e400 1E+400
  NaN Infinity -Infinity undefined nul nulll tru trues fals True NULL true false null n t f
  "\\x" "\\u12G4" "\\u123" "\\u" "\\ "\\" "\\\\" "\\"" "\\/" "\\b\\f\\n\\r\\t" "\\v" "\\'" "\\U0041" "\\u00e9" "\\uD800" "\\uABCDE" 'a'
  " "" """ "a"b "a" "b" a"
  [ ] [] [[] []] [,] [1,] [,1] [1,,2] [1 2] [1}  [1;2] [1:2] [1,2] [[[]]] [[]]]
  { } {} {{}} {1:2} {a:1} {"a"} {"a":} {"a":1,} {,"a":1} {"a":1,,"b":2} {"a" 1} {"a"::1} {"a":1:2} {"a":1 "b":2} {"a":1]
  {"a":1,"b"} {"a":1,"b":2} {"":""} {"a":{"b":{}}} {"a":1}} {"\\u0061":1} {"a\\x":1} {null:1} {"a":[}] {[]:1} [{]}
  , : /**/ //a #a \\u0020`
    .split(/\s+/)
    .filter((text) => text !== '')

test('almost JSON is refused and odd JSON accepted, by itself, inside an array and as a member', () => {
  const spaced = ['', ' ', '1 2', '- 1', '1 .5', 't rue', '"a\u0001"', '"\n"', '"\t"', '\ufeff1', '\u00a01']
  for (const text of [...nasty, ...spaced]) {
    for (const whole of [text, `[${text}]`, `[0,${text}]`, `{"a":${text}}`, ` \n\t\r${text}\r\t\n `]) {
      assert.equal(isAccepted(Buffer.from(whole)), isJson(whole), whole)
    }
  }
})

test('every control character is refused in a string and outside, but for the four of space', () => {
  for (let code = 0; code <= 0x20; code++) {
    const char = String.fromCharCode(code)
    for (const text of [`"${char}"`, `"a\\${char}"`, `[${char}]`, `{${char}"a"${char}:${char}1${char},"b":2}`]) {
      assert.equal(isAccepted(Buffer.from(text)), isJson(text), JSON.stringify(text))
    }
  }
})

test('nesting up to the limit is accepted, one level more is not', () => {
  const opened = fc.array(fc.constantFrom('[', '{'), { minLength: 0, maxLength: 70 })
  fc.assert(
    fc.property(opened, fc.constantFrom<string[]>('0', '""', '[]', '{}'), space, (brackets, innermost, gap) => {
      const text = brackets.reduceRight(
        (value, bracket) => (bracket === '[' ? `[1,${gap}${value}${gap}]` : `{"a":"}]",${gap}"b":${value}}`),
        innermost,
      )
      const bytes = Buffer.from(text)
      const depth = brackets.length + Number(innermost === '[]' || innermost === '{}')
      assert.equal(skipJsonValue(bytes, 0, bytes.length, depth), bytes.length)
      if (depth > 0) assert.ok(skipJsonValue(bytes, 0, bytes.length, depth - 1) < 0)
    }),
    { numRuns: 500 },
  )
  for (const [depth, isAllowed] of [
    [64, true],
    [65, false],
  ] as const) {
    for (const [open = '', close = ''] of ['[]', '{}']) {
      const bytes = Buffer.from(`${(open === '{' ? '{"a":' : open).repeat(depth)}1${close.repeat(depth)}`)
      assert.equal(skipJsonValue(bytes, 0, bytes.length, 64) === bytes.length, isAllowed, `${depth} ${open}`)
    }
  }
})

test('a plain string is one without escapes and control characters', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const bytes = Buffer.from(`"${text}"`)
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it is about.
      const isPlain = !/[\u0000-\u001f"\\]/.test(text)
      assert.equal(skipPlainString(bytes, 0, bytes.length) === bytes.length, isPlain)
      assert.equal(skipPlainString(bytes, 0, bytes.length - 1) === bytes.length, false)
    }),
  )
})

test('members and items in any number and with any space are walked over', () => {
  const many = joined(fc.array(member('name', anyValue), { minLength: 5, maxLength: 50 }), '{', '}')
  fc.assert(
    fc.property(many, (text) => {
      const bytes = Buffer.from(text)
      assert.equal(skipJsonValue(bytes, 0, bytes.length, anyDepth), bytes.length)
    }),
  )
})
