/** Pushes over TLS, from a server that was given the receiver's certificate, as who runs it would, and from one that was not. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { verifyWebhook } from '../../src/client/webhook-verify.ts'
import { wireEvent } from '../support/events.ts'
import { startServerProcess } from '../support/process.ts'
import { clientOf } from '../support/server.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { startTlsReceiver } from '../support/webhook-receiver.ts'

const secret = `whsec_${Buffer.alloc(24, 7).toString('base64')}`

/** A certificate that nobody but itself has signed. */
function selfSigned(t: TestContext, name: string) {
  const folder = temporaryFolder(t)
  const [keyPath, certPath] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const files = ['-keyout', keyPath, '-out', certPath]
  const subject = ['-subj', '/CN=receiver', '-addext', `subjectAltName=${name}`]
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  execFileSync('openssl', ['req', '-x509', ...key, ...files, '-days', '2', ...subject], { stdio: 'ignore' })
  return { certPath, key: readFileSync(keyPath), cert: readFileSync(certPath) }
}

async function startPushing(t: TestContext, url: string, env: Record<string, string>) {
  const running = await startServerProcess(t, ['--store', 'memory:', '--push-allow-private'], { env })
  const client = clientOf(running)
  await client.publish(wireEvent())
  const settings = { topics: ['>'], start: 'earliest', max_attempts: 2, push: { url, secret } }
  const json = { 'content-type': 'application/json' }
  const created = await client.get('/subscriptions/s', { method: 'PUT', headers: json, body: JSON.stringify(settings) })
  assert.equal(created.status, 201)
  return { running, client }
}

test('a push over TLS arrives where the certificate is trusted', async (t) => {
  const identity = selfSigned(t, 'IP:127.0.0.1')
  const receiver = await startTlsReceiver(t, identity, 204)
  const { client } = await startPushing(t, receiver.url, { NODE_EXTRA_CA_CERTS: identity.certPath })
  const { headers, body, seqs } = await receiver.next()
  assert.deepEqual(seqs, [1])
  assert.ok(verifyWebhook(secret, headers, body))
  while ((await client.getJson('/subscriptions/s')).acked !== 1);
})

for (const [what, name, isTrusted, reason] of [
  ['that nobody vouches for', 'IP:127.0.0.1', false, /self-signed certificate/],
  ['of another host', 'DNS:other.example', true, /does not match certificate's altnames/],
] as const) {
  test(`a certificate ${what} is refused before anything is sent; it is tried again, and shown`, async (t) => {
    const identity = selfSigned(t, name)
    const receiver = await startTlsReceiver(t, identity, 204)
    const env: Record<string, string> = isTrusted ? { NODE_EXTRA_CA_CERTS: identity.certPath } : {}
    const { running, client } = await startPushing(t, receiver.url, env)
    while ((await client.getJson('/subscriptions/s')).dead_letters !== 1);
    const { dead_letters } = await client.getJson('/subscriptions/s/dead-letters')
    assert.equal(dead_letters[0].attempts, 2)
    assert.match(dead_letters[0].reason, reason)
    assert.match(running.output.stderr, reason)
    assert.equal(receiver.received.length, 0)
  })
}
