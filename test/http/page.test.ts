import assert from 'node:assert/strict'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { systemClock } from '../../src/core/clock.ts'
import { openMemoryEventStore } from '../../src/stores/memory/memory-event-store.ts'
import { wireEvent } from '../support/events.ts'
import { assertProblem } from '../support/problem.ts'
import { rawRequest, requestHead } from '../support/raw-http.ts'
import { startServerOver } from '../support/server-over.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const browser = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8'
const indexWith = (base: string) =>
  `<!doctype html><head><base href="${base}" /><script src="./assets/app-1a2b.js"></script></head>`
const script = `console.log('${'sekali '.repeat(100)}')`
const immutable = 'public, max-age=31536000, immutable'

/** A dashboard of three files, beside a secret that is not part of it. */
function pageFolder(t: TestContext): string {
  const root = temporaryFolder(t)
  const folder = join(root, 'web')
  mkdirSync(join(folder, 'assets'), { recursive: true })
  writeFileSync(join(root, 'secret.txt'), 'secret')
  symlinkSync(join(root, 'secret.txt'), join(folder, 'assets', 'link.txt'))
  writeFileSync(join(folder, 'index.html'), indexWith('./'))
  writeFileSync(join(folder, 'assets', 'app-1a2b.js'), script)
  writeFileSync(join(folder, 'assets', 'dot-1a2b.svg'), '<svg/>')
  return folder
}

async function startWithPage(t: TestContext) {
  const store = openMemoryEventStore({ clock: systemClock })
  const server = await startServerOver(t, { store, pageFolder: pageFolder(t) })
  const ask = (path: string, accept = browser) => rawRequest(server.url, requestHead(`GET ${path}`, { accept }))
  return { ...server, ask }
}

const addresses = [
  ['/', './'],
  ['/events', './'],
  ['/events/a/b', '../../'],
  ['/events/a%2Fb/..%2Fc', '../../'],
  ['/duplicates', './'],
  ['/topics', './'],
  ['/subscriptions', './'],
  ['/subscriptions/s', '../'],
  ['/system', './'],
  ['/events?unknown=1&limit=x&from=a/b/c', './'],
] as const

test('a browser gets the page at each of its addresses, with a base that leads to the root', async (t) => {
  const { ask } = await startWithPage(t)
  for (const [path, base] of addresses) {
    const answer = await ask(path)
    assert.equal(answer.status, 200, path)
    assert.equal(answer.body, indexWith(base), path)
  }
})

test('the page says who may use it and how long it is good', async (t) => {
  const { headers } = await (await startWithPage(t)).ask('/events/not/stored')
  assert.equal(headers['content-type'], 'text/html; charset=utf-8')
  assert.equal(headers.vary, 'accept')
  assert.equal(headers['cache-control'], 'no-cache')
  assert.equal(headers['x-content-type-options'], 'nosniff')
  assert.equal(headers['referrer-policy'], 'same-origin')
  assert.equal(
    headers['content-security-policy'],
    "default-src 'self'; base-uri 'self'; object-src 'none'; frame-ancestors 'none'; form-action 'self'",
  )
})

test('a request line with a whole URL has the same base', async (t) => {
  const { ask } = await startWithPage(t)
  assert.equal((await ask('http://proxy.example/events/a/b')).body, indexWith('../../'))
})

test('a program gets JSON at the same addresses, and is told that the answer depends on Accept', async (t) => {
  const { ask, publish } = await startWithPage(t)
  await publish(wireEvent({ topic: 'a', event_id: 'b' }))
  const programs = ['*/*', 'application/json', '', 'application/json, */*;q=0.5', 'application/json, text/html;q=0.9']
  for (const accept of programs) {
    for (const path of ['/', '/events', '/events/a/b', '/duplicates', '/topics', '/subscriptions']) {
      const answer = await ask(path, accept)
      assert.equal(answer.status, 200, `${path} ${accept}`)
      assert.match(answer.headers['content-type'] ?? '', /^application\/json/)
      assert.equal(answer.headers.vary, 'accept')
      JSON.parse(answer.body)
    }
  }
  const bare = await rawRequest((await startWithPage(t)).url, requestHead('GET /events'))
  assert.match(bare.headers['content-type'] ?? '', /^application\/json/)
})

for (const accept of [
  'text/html',
  'TEXT/HTML',
  'text/*',
  'text/html, */*',
  'text/html;q=0.9, application/json;q=0.8',
]) {
  test(`Accept: ${accept} prefers the page`, async (t) => {
    assert.equal((await (await startWithPage(t)).ask('/events', accept)).body, indexWith('./'))
  })
}

test('406 at the addresses of the page: neither the page nor JSON will do', async (t) => {
  const { ask } = await startWithPage(t)
  for (const accept of ['image/*', 'text/plain', 'text/html;q=0, application/json;q=0']) {
    const answer = await ask('/events', accept)
    await assertProblem(answer, 406)
    assert.equal(answer.headers.vary, 'accept')
  }
})

test('elsewhere a browser gets what everybody gets', async (t) => {
  const { ask } = await startWithPage(t)
  for (const path of ['/stats', '/health', '/duplicates/events', '/events/histogram']) {
    assert.match((await ask(path)).headers['content-type'] ?? '', /^application\/json/, path)
  }
  await assertProblem(await ask('/stats', 'text/html'), 406)
  for (const path of ['/nothing', '/index.html', '/events/', '/web/index.html']) {
    await assertProblem(await ask(path), 404)
  }
})

test('only GET and HEAD give the page', async (t) => {
  const { url } = await startWithPage(t)
  for (const path of ['/', '/events']) {
    const head = await rawRequest(url, requestHead(`HEAD ${path}`, { accept: browser }))
    assert.deepEqual([head.status, head.body], [200, ''])
    assert.equal(Number(head.headers['content-length']), indexWith('./').length)
    const post = await rawRequest(url, requestHead(`POST ${path}`, { accept: browser, 'content-length': 0 }))
    await assertProblem(post, 405)
  }
})

test('GET / tells a program where to go on', async (t) => {
  const { getJson, get } = await startWithPage(t)
  const { links, ...index } = await getJson('/')
  assert.deepEqual(index, { name: 'sekali', version: '0.0.0' })
  for (const path of Object.values(links as Record<string, string>)) {
    assert.equal((await get(`/${path}`)).status, 200, path)
  }
  await assertProblem(await get('/?x=1'), 422)
})

test('files have names of their own for each content, and may be kept for ever', async (t) => {
  const { ask, url } = await startWithPage(t)
  const answer = await ask('/assets/app-1a2b.js', '*/*')
  assert.deepEqual([answer.status, answer.body], [200, script])
  assert.equal(answer.headers['content-type'], 'text/javascript; charset=utf-8')
  assert.equal(answer.headers['cache-control'], immutable)
  assert.equal(answer.headers['x-content-type-options'], 'nosniff')
  const image = await ask('/assets/dot-1a2b.svg?v=1')
  assert.deepEqual(
    [image.body, image.headers['content-type'], image.headers.vary],
    ['<svg/>', 'image/svg+xml', undefined],
  )
  const head = await rawRequest(url, requestHead('HEAD /assets/app-1a2b.js'))
  assert.deepEqual([head.status, head.body, head.headers['cache-control']], [200, '', immutable])
  await assertProblem(await rawRequest(url, requestHead('DELETE /assets/app-1a2b.js')), 405)
})

test('files are sent compressed to those who take it', async (t) => {
  const { get } = await startWithPage(t)
  for (const [accepted, encoding] of [
    ['gzip, deflate, br, zstd', 'gzip'],
    ['br', null],
    ['gzip;q=0', null],
    ['identity', null],
  ] as const) {
    const answer = await get('/assets/app-1a2b.js', { headers: { 'accept-encoding': accepted } })
    assert.equal(answer.headers.get('content-encoding'), encoding, accepted)
    assert.equal(answer.headers.get('vary'), 'accept-encoding')
    assert.equal(await answer.text(), script)
  }
})

test('404: what is not one of the files, however it is asked for', async (t) => {
  const { ask } = await startWithPage(t)
  const paths = [
    '/assets/',
    '/assets/nothing.js',
    '/assets/APP-1A2B.js',
    '/assets/app-1a2b.js/',
    '/assets//app-1a2b.js',
    '/assets/link.txt',
    '/assets/../index.html',
    '/assets/../../secret.txt',
    '/assets/..%2findex.html',
    '/assets/..%2f..%2fsecret.txt',
    '/assets/%2e%2e/%2e%2e/secret.txt',
    '/assets/..%5c..%5csecret.txt',
    '/assets/%2fetc%2fpasswd',
    '/assets/%00',
    '/assets/app-1a2b.js%00.svg',
    '/assets/__proto__',
    '/assets/constructor',
  ]
  for (const path of paths) {
    const answer = await ask(path)
    await assertProblem(answer, 404)
    assert.equal(answer.headers['cache-control'], undefined, path)
  }
  await assertProblem(await ask('/assets/%zz'), 400)
})

test('while the dashboard is not built, the first address says how, and the others answer JSON', async (t) => {
  const store = openMemoryEventStore({ clock: systemClock })
  const { url } = await startServerOver(t, { store })
  const ask = (path: string, accept: string) => rawRequest(url, requestHead(`GET ${path}`, { accept }))
  assert.match((await assertProblem(await ask('/', browser), 404)).detail, /npm run build/)
  assert.equal((await ask('/', '*/*')).status, 200)
  assert.equal((await ask('/events', browser)).status, 200)
  await assertProblem(await ask('/events', 'text/html'), 406)
  await assertProblem(await ask('/assets/app.js', browser), 404)
})

test('a page without a base element does not start: it would work at some addresses only', async (t) => {
  const folder = temporaryFolder(t)
  writeFileSync(join(folder, 'index.html'), '<!doctype html><title>Sekali</title>')
  const store = openMemoryEventStore({ clock: systemClock })
  await assert.rejects(startServerOver(t, { store, pageFolder: folder }), /<base href/)
})
