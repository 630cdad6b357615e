/** The examples run as their first lines say, and print what a reader expects. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { startTestServer } from './support/server.ts'

const folder = fileURLToPath(new URL('../examples', import.meta.url))
const run = promisify(execFile)

/** Which program runs an example, by its ending. */
const runners: Readonly<Record<string, string>> = { sh: 'sh', py: 'python3', ts: process.execPath }

const expected: Readonly<Record<string, RegExp>> = {
  'client.ts': /^first: stored\nagain: duplicate\ntailed: 1200, 300, 500 cents\nhandled: 3 events, 2000 cents\n$/,
  'consume.ts':
    /^delivered: 5 applied, 0 known already\ndelivered again: 0 applied, 5 known already\non the account: 500 cents\n$/,
  'embed.ts': /^first: 1 stored, 0 duplicates\nretry: 0 stored, 1 duplicates\n$/,
  'log.ts': /^stored: 30 order created\nstored: 40 payment is late\n$/,
  'publish.py': /^first: 10 stored, 0 duplicates\nretry: 0 stored, 10 duplicates\n$/,
  'publish.sh': /^first: \{.*"unique":1,"duplicates":0.*\}\nretry: \{.*"unique":0,"duplicates":1.*\}\n$/,
}

test('every example is run here', () => {
  assert.deepEqual(readdirSync(folder).sort(), Object.keys(expected).sort())
})

for (const [name, output] of Object.entries(expected)) {
  test(`examples/${name} does once what is sent or delivered twice`, async (t) => {
    const { url } = await startTestServer(t)
    const runner = runners[name.split('.').at(-1) ?? ''] ?? assert.fail(name)
    const { stdout } = await run(runner, [`${folder}/${name}`, url])
    assert.match(stdout, output)
  })
}
