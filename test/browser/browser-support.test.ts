/** The browser support itself: what a page complains of must reach the test. */
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { type TestContext, test } from 'node:test'
import { collectComplaints, openContext } from '../support/browser.ts'

/** A page with a script of its own, which its policy may forbid. */
async function startPage(
  t: TestContext,
  script: string,
  policy = "default-src 'self' 'unsafe-inline' http://127.0.0.1:1",
): Promise<string> {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html', 'content-security-policy': policy })
    response.end(`<!doctype html><link rel="icon" href="/icon"><h1>Here</h1><script>${script}</script>`)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const address = server.address()
  assert(address !== null && typeof address === 'object')
  return `http://127.0.0.1:${address.port}/`
}

const complaining = {
  'an error that nobody catches': { script: 'throw new Error("planted")', complaint: /planted/ },
  'a promise that nobody catches': { script: 'Promise.reject(new Error("planted"))', complaint: /planted/ },
  'an error on the console': { script: 'console.error("planted")', complaint: /planted/ },
  'an answer that is not there': { script: 'fetch("http://127.0.0.1:1/")', complaint: /ERR_/ },
  'an inline script under the policy': {
    script: '0',
    policy: "default-src 'self'",
    complaint: /Content Security Policy/,
  },
} as const

for (const [what, { script, complaint, ...rest }] of Object.entries(complaining)) {
  test(`${what} is a complaint`, async (t) => {
    const url = await startPage(t, script, 'policy' in rest ? rest.policy : undefined)
    const context = await openContext(t, { expectedComplaints: [/./] })
    const complaints = collectComplaints(context)
    const page = await context.newPage()
    const heard = Promise.race([context.waitForEvent('console'), context.waitForEvent('weberror')])
    await page.goto(url)
    await heard
    assert.match(complaints.join('\n'), complaint)
  })
}

test('a quiet page has none', async (t) => {
  const context = await openContext(t)
  const complaints = collectComplaints(context)
  const page = await context.newPage()
  await page.goto(await startPage(t, 'console.log("fine")'))
  await page.getByRole('heading', { name: 'Here' }).waitFor()
  assert.deepEqual(complaints, [])
})
