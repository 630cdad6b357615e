/** From the form of a new subscription to what the server takes, and its faults back to the fields. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bodyOf, emptyDraft, faultAt, seekBodyOf } from '../../web/src/screens/subscriptions/new-subscription.ts'
import { lagWords, oldestWords, positionWords } from '../../web/src/screens/subscriptions/subscription-words.ts'

const nowMs = Date.parse('2026-01-31T12:00:00Z')

test('topics may stand on lines or between commas; seconds become milliseconds', () => {
  assert.deepEqual(bodyOf({ ...emptyDraft, topics: ' orders.*,\nlogs.> ', leaseSeconds: '1.5' }, nowMs), {
    topics: ['orders.*', 'logs.>'],
    start: 'latest',
    lease_ms: 1500,
    max_attempts: 5,
  })
})

test('a url makes it pushed', () => {
  const body = bodyOf({ ...emptyDraft, pushUrl: ' https://example.com ', pushSecret: 'whsec_x' }, nowMs)
  assert.deepEqual(body.push, { url: 'https://example.com', secret: 'whsec_x' })
})

test('what is no number is sent as none, so that the server refuses it by name', () => {
  const body = bodyOf({ ...emptyDraft, maxAttempts: 'many', leaseSeconds: '' }, nowMs)
  assert.equal(JSON.stringify([body.max_attempts, body.lease_ms]), '[null,null]')
})

test('a seek says one of start, seq and time; a time may be relative or a Unix time', () => {
  const draft = { kind: 'time', seq: '17', time: '-2h' } as const
  assert.deepEqual(seekBodyOf({ ...draft, kind: 'earliest' }, nowMs), { start: 'earliest' })
  assert.deepEqual(seekBodyOf({ ...draft, kind: 'seq' }, nowMs), { seq: 17 })
  assert.deepEqual(seekBodyOf(draft, nowMs), { time: '2026-01-31T10:00:00.000Z' })
  assert.deepEqual(seekBodyOf({ ...draft, time: '1769860800' }, nowMs), { time: '2026-01-31T12:00:00.000Z' })
  assert.deepEqual(seekBodyOf({ ...draft, time: 'yesterday' }, nowMs), { time: 'yesterday' })
})

test('a fault stands at its field, and names the topic that it is about', () => {
  const faults = [
    { pointer: '/topics/1', message: 'is wrong' },
    { pointer: '/push/url', message: 'must be a URL' },
  ]
  assert.equal(faultAt(faults, '/topics'), 'topic 2 is wrong')
  assert.equal(faultAt(faults, '/push/url'), 'must be a URL')
  assert.equal(faultAt(faults, '/push/secret'), undefined)
})

test('no position is said in words, and so is no lag', () => {
  assert.equal(positionWords({ position: 0 }), 'no position yet')
  assert.equal(positionWords({ position: 1234 }), '1,234')
  assert.equal(lagWords({ lag: 0 }), 'up to date')
  assert.equal(oldestWords({ oldest_unacked_seconds: null }), undefined)
  assert.equal(oldestWords({ oldest_unacked_seconds: 65.2 }), '1 min 5 s')
})
