/** Checksums of rows: what is not what was stored is neither read nor copied, and verify names it. */
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import type { VerificationReport } from '../../../src/core/store-verification.ts'
import { TextChecksum } from '../../../src/stores/sqlite/text-checksum.ts'
import { openSqliteVerification } from '../../../src/stores/sqlite/verify/sqlite-verification.ts'
import { allEvents } from '../../contract/store-bench.ts'
import { newEvent } from '../../support/events.ts'
import { makeVersion4File } from './schema-v4.ts'
import { newFile, openStore } from './sqlite-files.ts'

function verify(path: string): Promise<VerificationReport> {
  return openSqliteVerification(path).run({ signal: new AbortController().signal, onProgress: () => {} })
}

function described({ checks }: VerificationReport): string[] {
  return checks.flatMap((check) => check.described.map((text) => `${check.name}: ${text}`))
}

const texts = [
  '{"a": "plain"}',
  '{"b": "Ünïcode 😀"}',
  '{}',
  `{"long": "${'x'.repeat(70_000)}"}`,
  `{"w": "${'é'.repeat(50_000)}"}`,
]

async function fill(path: string): Promise<void> {
  await using store = await openStore(path)
  const events = texts.map((payload, index) => newEvent({ topic: 't', eventId: `e-${index}`, payload }))
  await store.append(events)
  await store.append([...events, newEvent({ topic: 't', eventId: 'e-0', payload: '{"other": "Ü"}' })])
}

function change(path: string, sql: string): void {
  const db = new DatabaseSync(path)
  db.exec(sql)
  db.close()
}

test('what was stored is what is read, whatever its characters and its size', async (t) => {
  const path = newFile(t)
  await fill(path)
  assert.deepEqual(described(await verify(path)), [])
  await using store = await openStore(path)
  for (const [index, payload] of texts.entries()) {
    assert.equal((await store.findEvent('t', `e-${index}`))?.payload, payload)
  }
})

for (const [what, sql, text] of [
  ['payload', `UPDATE event SET payload = replace(payload, 'plain', 'plaim') WHERE seq = 1`, 'event 1, ["t","e-0"]'],
  ['source', `UPDATE event SET source = source || 'x' WHERE seq = 2`, 'event 2, ["t","e-1"]'],
  ['time of storing', 'UPDATE event SET processed_ms = processed_ms + 1 WHERE seq = 3', 'event 3, ["t","e-2"]'],
  [
    'last character',
    `UPDATE event SET payload = substr(payload, 1, 50008) || 'è"}' WHERE seq = 5`,
    'event 5, ["t","e-4"]',
  ],
  ['topic', `UPDATE topic SET name = 'u'`, 'event 4, ["u","e-3"]'],
] as const) {
  test(`another ${what} is found, and not served`, async (t) => {
    const path = newFile(t)
    await fill(path)
    change(path, sql)
    const found = described(await verify(path))
    assert.ok(
      found.some((each) => each.startsWith(`checksums: ${text}, is not what was stored`)),
      found.join('\n'),
    )
    await using store = await openStore(path)
    for (const order of ['seq', 'asc'] as const) {
      await assert.rejects(store.readEvents({ order, limit: 10, timeBudgetMs: 60_000 }), { code: 'store_damaged' })
    }
    const log = { after: 0, topics: [], limit: 10, maxChars: 1_000_000, timeBudgetMs: 60_000 }
    await assert.rejects(store.readLog(log), { code: 'store_damaged' })
  })
}

test('rows of which half a page of zeros is left are not served', async (t) => {
  const path = newFile(t)
  {
    await using store = await openStore(path)
    await store.append(
      Array.from({ length: 20 }, (_, at) => newEvent({ eventId: `e-${at}`, payload: `{"needle":${at}}` })),
    )
  }
  const bytes = readFileSync(path)
  const at = bytes.indexOf('{"needle":19}')
  assert.ok(at > 0)
  // The disk has written half of what is one page to SQLite, which fills pages from their ends.
  const half = at - (at % 4096)
  writeFileSync(path, bytes.fill(0, half, half + 4096))
  await using store = await openStore(path)
  await assert.rejects(allEvents(store, { order: 'seq' }), { code: 'store_damaged' })
  assert.notDeepEqual(described(await verify(path)), [])
})

test('a duplicate on record that is another is found', async (t) => {
  const path = newFile(t)
  await fill(path)
  change(
    path,
    `UPDATE duplicate SET source = 'x' WHERE id = 2; UPDATE conflict SET payload = replace(payload, 'other', 'othes')`,
  )
  const found = described(await verify(path))
  assert.equal(found.length, 2)
  assert.match(found[0] ?? '', /duplicate 2, of event 2, is not what was recorded/)
  assert.match(found[1] ?? '', /conflict 6, of event 1, is not what was recorded/)
})

test('rows of an older version are read, and verify says how many have no checksum', async (t) => {
  const path = newFile(t)
  makeVersion4File(path)
  {
    await using store = await openStore(path)
    await store.append([newEvent({ topic: 'new' })])
  }
  const report = await verify(path)
  const checksums = report.checks.find(({ name }) => name === 'checksums')
  assert.deepEqual([checksums?.checked, checksums?.problems], [1, 0])
  assert.match(checksums?.notes[0] ?? '', /^6 events have no checksum/)
})

test('a checksum does not depend on where in a batch a text lies', () => {
  const [first, second] = [new TextChecksum(), new TextChecksum()]
  for (const word of ['', 'a', 'abc', 'abcdefgh', 'abcdefghijklmnop-', 'Ünïcode 😀 text', 'x'.repeat(40_000)]) {
    const texts = [word, 'b', `${word}c`]
    const expected = first.ofTexts(7, texts)
    for (let before = 0; before < 9; before++) {
      const text = `${'-'.repeat(before)}${texts.join('')}--`
      const ends = texts.map((_, index) => before + texts.slice(0, index + 1).join('').length)
      const places = Int32Array.from(ends.flatMap((end, index) => [end - (texts[index] ?? '').length, end]))
      assert.equal(second.ofSpans(7, { text, places, from: 0, to: 6 }), expected)
    }
  }
})

test('every flipped bit gives another checksum, and so does a byte that moves from one text to the next', () => {
  const checksum = new TextChecksum()
  const bytes = Buffer.from('{"level":"INFO","message":"disk is full","n":17}')
  const seen = new Set([checksum.ofTexts(1, [bytes.toString('latin1'), 'source'])])
  for (let bit = 0; bit < 8 * bytes.length; bit++) {
    const changed = Buffer.from(bytes)
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    seen.add(checksum.ofTexts(1, [changed.toString('latin1'), 'source']))
  }
  assert.equal(seen.size, 1 + 8 * bytes.length)
  assert.notEqual(checksum.ofTexts(1, ['ab', 'c']), checksum.ofTexts(1, ['a', 'bc']))
})
