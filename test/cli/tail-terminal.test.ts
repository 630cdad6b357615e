/** `sekali tail` on a quiet topic: what it says of its connection is true. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { mainPath, startSekali } from '../support/process.ts'

/** The first streams end at once; the one after them stays open, and says nothing. */
async function startQuietServer(t: TestContext, endedStreams: number): Promise<string> {
  let streams = 0
  const server = createServer((request, response: ServerResponse) => {
    if (request.url === '/stats') return response.end('{"store":{"last_seq":3}}')
    response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()
    return ++streams <= endedStreams ? response.end() : undefined
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return `http://127.0.0.1:${port}`
}

const eraseLine = '\r\u001b[2K'

test('in a terminal the word of a lost connection goes away with the next one, without an event', {
  timeout: 30_000,
}, async (t) => {
  const url = await startQuietServer(t, 1)
  const command = `"${process.execPath}" "${mainPath}" --color never tail --url ${url}`
  const child = spawn('script', ['-qfec', command, '/dev/null'], { env: { ...process.env, TERM: 'xterm' } })
  t.after(() => child.kill('SIGKILL'))
  let text = ''
  for await (const chunk of child.stdout.setEncoding('utf8')) {
    text += chunk
    if (text.includes('the stream has ended') && text.endsWith(eraseLine)) break
  }
  assert(text.endsWith(eraseLine), text)
})

test('elsewhere each lost connection is told, and that there is one again', { timeout: 30_000 }, async (t) => {
  const url = await startQuietServer(t, 2)
  const running = startSekali(t, ['tail', '--url', url])
  const told = () => running.output.stderr.match(/Connected again\.\n/g)?.length ?? 0
  while (told() < 2) await new Promise((resolve) => running.child.stderr?.once('data', resolve))
  running.child.kill('SIGINT')
  const { code, stderr } = await running.exited
  assert.equal(code, 130)
  assert.equal(stderr.match(/the stream has ended; it goes on after the last event\n/g)?.length, 2, stderr)
})
