/** Real pino in a real process, which is killed. */
import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, watch } from 'node:fs'
import { join } from 'node:path'
import { finished } from 'node:stream/promises'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { eventOfLine, LineAssembler } from '../../src/client/pino/log-lines.ts'
import { pinoTransport } from '../../src/client/pino/pino-transport.ts'
import { afterTest } from '../support/after-test.ts'
import { startAnsweringServer } from '../support/answering-server.ts'
import { closedUrl } from '../support/flaky-proxy.ts'
import { startTestServer } from '../support/server.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const childPath = fileURLToPath(new URL('logging-child.ts', import.meta.url))

function startLogging(t: TestContext, args: readonly (string | number)[]) {
  const child = fork(childPath, args.map(String), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  afterTest(t, () => child.kill('SIGKILL'))
  return child
}

/** Resolves when so many lines are in the files of the folder. */
async function spooledLines(folder: string, count: number): Promise<void> {
  const watcher = watch(folder)
  try {
    for (;;) {
      const changed = once(watcher, 'change')
      const files = readdirSync(folder).filter((name) => name.endsWith('.spool'))
      const lines = files.reduce(
        (sum, name) => sum + readFileSync(join(folder, name), 'latin1').split('\n').length - 1,
        0,
      )
      if (lines >= count) return
      await changed
    }
  } finally {
    watcher.close()
  }
}

test('log lines survive a kill of the program while the server is away, and arrive once and in order', async (t) => {
  const folder = temporaryFolder(t)
  const first = startLogging(t, [await closedUrl(), folder, 0, 200, 'lives'])
  await spooledLines(folder, 200)
  first.kill('SIGKILL')
  await once(first, 'exit')
  const server = await startTestServer(t)
  const second = startLogging(t, [server.url, folder, 200, 50, 'ends'])
  const [code] = await once(second, 'exit')
  assert.equal(code, 0)
  const { events } = await server.getJson('/events?order=seq&limit=1000')
  assert.deepEqual(
    events.map(({ payload }: { payload: { n: number } }) => payload.n),
    Array.from({ length: 250 }, (_, n) => n),
  )
  assert.deepEqual(Object.keys(events[0].payload), ['level', 'time', 'n', 'msg'])
  assert.equal(Date.parse(events[0].timestamp), events[0].payload.time)
  assert.deepEqual(readdirSync(folder), [])
})

test('lines are put together however they are cut', () => {
  const assembler = new LineAssembler()
  assert.deepEqual(
    ['{"a"', ':1}\n{"b":2}\n{', '}\n'].flatMap((piece) => assembler.push(piece)),
    ['{"a":1}', '{"b":2}', '{}'],
  )
})

test('the time of a line is that of its event, whichever way pino writes it', () => {
  const timestampOf = (line: string) => eventOfLine(line).timestamp
  assert.deepEqual(timestampOf('{"time":1769851800123}'), new Date('2026-01-31T09:30:00.123Z'))
  assert.equal(timestampOf('{"time":"2026-01-31T09:30:00.123456Z"}'), '2026-01-31T09:30:00.123456Z')
  for (const line of ['{}', '{"time":"noon"}', '{"time":1e300}', 'not json', 'null']) {
    assert.equal(timestampOf(line), undefined)
  }
})

test('bytes that are cut within a character, and a last line without its end, are lines', async (t) => {
  const server = await startTestServer(t)
  const stream = pinoTransport({ url: server.url, topic: 'logs.pino', source: 'test' })
  const bytes = Buffer.from('{"msg":"kopi 2 €"}\n{"msg":"susu"}')
  const inEuro = bytes.indexOf('€') + 1
  stream.write(bytes.subarray(0, inEuro))
  stream.end(bytes.subarray(inEuro))
  await finished(stream)
  const { events } = await server.getJson('/events?order=seq')
  assert.deepEqual(
    events.map(({ payload }: { payload: object }) => payload),
    [{ msg: 'kopi 2 €' }, { msg: 'susu' }],
  )
})

test('a server that takes no line is told on stderr, and the lines stay in the spool', async (t) => {
  const url = await startAnsweringServer(t, (request, response) => {
    request.resume()
    response.writeHead(401).end()
  })
  const told = Promise.withResolvers<string>()
  t.mock.method(process.stderr, 'write', (text: string) => told.resolve(text))
  const spoolFolder = temporaryFolder(t)
  const retryPolicy = { baseDelayMs: 1, maxDelayMs: 2 }
  const stream = pinoTransport({ url, topic: 'logs.pino', spoolFolder, retryPolicy, closeTimeoutMs: 1 })
  stream.write('{"msg":"kopi"}\n')
  assert.match(await told.promise, /^sekali\/pino: log lines wait for the server: .* 401 /)
  stream.end()
  await once(stream, 'finish')
  assert.ok(readdirSync(spoolFolder).some((name) => name.endsWith('.spool')))
})

test('the end of the stream waits for the server, and numbers keep their digits', async (t) => {
  const server = await startTestServer(t)
  const stream = pinoTransport({ url: server.url, topic: 'logs.pino' })
  stream.end('{"id":12345678901234567890}\n')
  await once(stream, 'finish')
  const text = await (await server.get('/events')).text()
  assert.match(text, /"payload":\{"id":12345678901234567890\}/)
})
