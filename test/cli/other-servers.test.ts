/** Servers that are no Sekali server, or answer as none: every command says so, with the exit code of its kind. */
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { startAnsweringServer } from '../support/answering-server.ts'
import { wireEvent } from '../support/events.ts'
import { runSekali } from '../support/process.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const commands: readonly (readonly string[])[] = [
  ['tail'],
  ['tail', '--to-end'],
  ['events'],
  ['get', 'a', 'b'],
  ['topics'],
  ['stats'],
  ['stats', '--watch'],
  ['dups'],
  ['dups', '--by', 'source'],
  ['export'],
  ['import'],
  ['publish', '-'],
  ['sub', 'ls'],
  ['sub', 'create', 'a', 'b'],
  ['sub', 'pull', 'a'],
  ['sub', 'ack', 'a', 'lease'],
  ['sub', 'seek', 'a', '--to', 'latest'],
  ['sub', 'dead', 'a'],
  ['sub', 'dead', 'a', '--redrive'],
  ['sub', 'rm', 'a', '--yes'],
  ['sub', 'run', 'a', '--exec', 'true'],
  ['sub', 'run', 'a', '--exec', 'true', '--to-end'],
]

const stdin = `${JSON.stringify(wireEvent())}\n`

/** One of each way to ask. */
const fewCommands = commands.filter(
  ([name, action]) => ['tail', 'import', 'topics'].includes(name ?? '') || action === 'run',
)

/** Two at a time: each is a process. */
async function forEach(
  some: readonly (readonly string[])[],
  check: (args: readonly string[]) => Promise<void>,
): Promise<void> {
  const left = [...some]
  const work = async () => {
    for (let args = left.shift(); args !== undefined; args = left.shift()) await check(args)
  }
  await Promise.all([work(), work()])
}

for (const { status, body, asked } of [
  { status: 200, body: '{}', asked: commands },
  { status: 200, body: '<html>welcome</html>', asked: fewCommands },
  { status: 404, body: '<html>not here</html>', asked: fewCommands },
]) {
  test(`what answers ${status} ${body} to everything is no Sekali server`, async (t) => {
    const url = await startAnsweringServer(t, (_, response) => response.writeHead(status).end(body))
    await forEach(asked, async (args) => {
      const { code, stdout, stderr } = await runSekali(t, args, { env: { SEKALI_URL: url }, stdin })
      const told = `${args.join(' ')}: ${stderr}`
      assert.equal(code, 1, told)
      assert.match(stderr, /is it a Sekali server that answers there\?/, told)
      assert.doesNotMatch(stderr, /Warning|Cannot|Unexpected token/, told)
      if (!['import', 'publish'].includes(args[0] ?? '')) assert.equal(stdout, '', told)
    })
  })
}

test('what a server says moves no cursor, and whoever is refused is told how to give a token', async (t) => {
  const body = JSON.stringify({ code: 'unauthorized', detail: 'no\u001b[31m\u0007' })
  const url = await startAnsweringServer(t, (_, response) => response.writeHead(401).end(body))
  await forEach(fewCommands, async (args) => {
    const { code, stderr } = await runSekali(t, args, { env: { SEKALI_URL: url }, stdin })
    assert.equal(code, 4, `${args.join(' ')}: ${stderr}`)
    assert(stderr.includes('answered 401 no\\u001b[31m\\u0007\n'), stderr)
    assert.match(stderr, /Give a token with SEKALI_TOKEN or --token\./)
  })
})

test('a file is not begun for a server that is none', async (t) => {
  const url = await startAnsweringServer(t, (_, response) => response.end('{}'))
  const folder = temporaryFolder(t)
  const { code } = await runSekali(t, ['export', '--out', join(folder, 'a.ndjson'), '--url', url])
  assert.equal(code, 1)
  assert.deepEqual(readdirSync(folder), [])
})
