/** `sekali events` while a search takes long: what is said meanwhile, and when it is stopped. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { mainPath, startSekali } from '../support/process.ts'

const event =
  '{"topic":"a","event_id":"e","timestamp":"2026-01-31","source":"s","payload":{},"seq":1,"processed_at":"2026-01-31T00:00:00Z"}'
const partial = '{"topic":null,"total":0,"next_cursor":"abc","partial":true,"events":[]}'
const last = `{"topic":null,"total":1,"next_cursor":null,"events":[${event}]}`

interface SlowServer {
  readonly url: string
  /** Resolves when a request came that has no answer. */
  readonly waits: Promise<void>
}

/** Gives these answers in turn; whoever asks then waits for ever. */
async function startSlowServer(t: TestContext, ...answers: readonly string[]): Promise<SlowServer> {
  const waits = Promise.withResolvers<void>()
  const coming = answers.values()
  const server = createServer((_request, response: ServerResponse) => {
    const { value } = coming.next()
    if (value === undefined) return waits.resolve()
    response.setHeader('content-type', 'application/json').end(value)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, waits: waits.promise }
}

test('Ctrl-C before the first answer does not say that there are no events', async (t) => {
  const { url, waits } = await startSlowServer(t)
  const running = startSekali(t, ['events', '--url', url])
  await Promise.race([waits, running.exited])
  running.child.kill('SIGINT')
  const { code, stdout, stderr } = await running.exited
  assert.deepEqual([code, stdout, stderr], [130, '', ''])
})

test('a search that is stopped on its way says how to go on', async (t) => {
  const { url, waits } = await startSlowServer(t, partial)
  const running = startSekali(t, ['events', '-q', 'x', '--url', url])
  await Promise.race([waits, running.exited])
  running.child.kill('SIGINT')
  const { code, stdout, stderr } = await running.exited
  assert.deepEqual([code, stdout], [130, ''])
  assert.equal(stderr, `More: sekali events --url ${url} --search x --cursor abc\n`)
})

test('a tail that is stopped before it began goes on from where it was told to begin', async (t) => {
  const { url, waits } = await startSlowServer(t)
  const running = startSekali(t, ['tail', '--after', '7', '--url', url])
  await Promise.race([waits, running.exited])
  running.child.kill('SIGINT')
  const { code, stderr } = await running.exited
  assert.deepEqual([code, stderr], [130, `Go on with: sekali tail --url ${url} --after 7\n`])
})

test('a search that goes on says so in a terminal, and leaves nothing of it there', async (t) => {
  const { url } = await startSlowServer(t, partial, last)
  const command = `"${process.execPath}" "${mainPath}" --color never events -q x --url ${url}`
  const child = spawn('script', ['-qec', command, '/dev/null'], { env: { ...process.env, TERM: 'xterm' } })
  t.after(() => child.kill('SIGKILL'))
  child.stdin.end()
  const text = (await child.stdout.setEncoding('utf8').toArray()).join('')
  assert.match(text, /searching on: 0 events so far/)
  assert(text.includes('\r\u001b[2KTIMESTAMP'), text)
})
