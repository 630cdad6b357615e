/** The client against what is not a Sekali server, and against options that cannot work: an error that says so, at once. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ClientError, Publisher, subscription, tail } from '../../src/client/index.ts'
import { startAnsweringServer } from '../support/answering-server.ts'
import { startTestServer } from '../support/server.ts'

const origin = { topic: 'logs.test', source: 'test' }
const answers = { 'a page': '<html></html>', 'an object': '{}', nothing: '', 'a list': '[]' }

for (const [what, text] of Object.entries(answers)) {
  test(`a server that answers everything with ${what} is told from a Sekali server, by every call`, async (t) => {
    const url = await startAnsweringServer(t, (request, response) => {
      request.resume()
      response.writeHead(200, { 'x-request-id': 'r-1' }).end(text)
    })
    await using publisher = new Publisher({ url, ...origin })
    const worker = subscription('work', { url })
    const calls = {
      publish: () => publisher.publish({ payload: {} }),
      create: () => worker.create({ topics: ['a'] }),
      run: () => worker.run(() => {}),
      deliveries: () => worker.deliveries().next(),
      tail: () => tail({ url }).next(),
    }
    for (const [name, call] of Object.entries(calls)) {
      const thrown = await call().catch((error: unknown) => error)
      assert.ok(thrown instanceof ClientError, `${name}: ${thrown}`)
      const { code, status, requestId, attempts } = thrown
      assert.deepEqual([code, status, requestId, attempts], ['unexpected_answer', 200, 'r-1', 1], name)
    }
  })
}

test('an address that is none, or not of the web, is an error before anything is taken', () => {
  for (const url of ['nonsense', 'localhost:8080', 'ftp://127.0.0.1/']) {
    assert.throws(() => new Publisher({ url, ...origin }), { name: 'TypeError', message: /^url must be an http/ })
  }
})

test('a token that no header can carry is an error before anything is taken, and is not in its text', async (t) => {
  const { url } = await startTestServer(t)
  assert.throws(
    () => new Publisher({ url, token: 'half\nhalf', ...origin }),
    (error) => error instanceof TypeError && !error.message.includes('half'),
  )
  await using publisher = new Publisher({ url, token: 'read from a file\n', ...origin })
  assert.equal((await publisher.publish({ payload: {} })).status, 'stored')
})
