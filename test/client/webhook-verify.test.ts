import assert from 'node:assert/strict'
import { test } from 'node:test'
import { verifyWebhook } from '../../src/client/webhook-verify.ts'
import { webhookHeaders } from '../../src/pipeline/push/webhook-signature.ts'

/** The example of the Standard Webhooks specification's own libraries. */
const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const nowMs = 1_614_265_330_000
const body = '{"test": 2432232314}'
const headers = {
  'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
  'webhook-timestamp': '1614265330',
  'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
}

test('the signature of the specification is made and verified', () => {
  const message = { id: headers['webhook-id'], timestampSeconds: nowMs / 1000, body }
  assert.deepEqual(webhookHeaders(secret, message), headers)
  assert.ok(verifyWebhook(secret, headers, body, { nowMs }))
})

test('headers of Fetch, a body of bytes, and a secret without its prefix verify too', () => {
  assert.ok(verifyWebhook(secret, new Headers(headers), Buffer.from(body), { nowMs }))
  assert.ok(verifyWebhook(secret.slice(6), headers, body, { nowMs }))
})

test('one right signature among several is enough', () => {
  const right = headers['webhook-signature']
  const signatures = `v1,AAAA v1a,${right.slice(3)} ${right}`
  assert.ok(verifyWebhook(secret, { ...headers, 'webhook-signature': signatures }, body, { nowMs }))
})

test('a time beyond the tolerance, in either direction, is refused', () => {
  for (const [offsetSeconds, isRight] of [
    [300, true],
    [301, false],
    [-300, true],
    [-301, false],
  ] as const) {
    assert.equal(verifyWebhook(secret, headers, body, { nowMs: nowMs + offsetSeconds * 1000 }), isRight)
  }
  assert.ok(verifyWebhook(secret, headers, body, { nowMs: nowMs + 1_000_000, toleranceSeconds: 1000 }))
})

for (const [what, change] of Object.entries({
  'another id': { 'webhook-id': 'msg_other' },
  'another time': { 'webhook-timestamp': '1614265331' },
  'a time that is none': { 'webhook-timestamp': '1614265330.5' },
  'another signature': { 'webhook-signature': 'v1,h0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=' },
  'another version': { 'webhook-signature': headers['webhook-signature'].replace('v1', 'v2') },
  'a shorter signature': { 'webhook-signature': 'v1,g0hM' },
  'no signature': { 'webhook-signature': undefined },
  'no id': { 'webhook-id': undefined },
  'two ids': { 'webhook-id': ['msg_p5jXN8AQM9LWM0D4loKWxJek'] },
})) {
  test(`${what} is refused`, () =>
    assert.equal(verifyWebhook(secret, { ...headers, ...change }, body, { nowMs }), false))
}

test('another body, another secret and no secret are refused', () => {
  assert.equal(verifyWebhook(secret, headers, `${body} `, { nowMs }), false)
  assert.equal(verifyWebhook('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSx', headers, body, { nowMs }), false)
  assert.equal(verifyWebhook('', headers, body, { nowMs }), false)
})
