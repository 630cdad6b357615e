import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { leaseToken, newLeaseSecret, parseLeaseToken } from '../../src/stores/lease-token.ts'

const secret = newLeaseSecret()
const count = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER })
const lease = fc.record({ epoch: count, seq: count, fence: count })

test('a token says which lease it is to who knows the secret, and nothing to others', () =>
  fc.assert(
    fc.property(lease, (given) => {
      const token = leaseToken(secret, given)
      assert.deepEqual(parseLeaseToken(secret, token), { ...given })
      assert.equal(parseLeaseToken(newLeaseSecret(), token), undefined)
      assert.match(token, /^[\w.-]{26,70}$/)
    }),
  ))

test('a token that differs anywhere is none', () =>
  fc.assert(
    fc.property(lease, fc.nat(), fc.string({ minLength: 1, maxLength: 1 }), (given, at, char) => {
      const token = leaseToken(secret, given)
      const place = at % token.length
      const other = token.slice(0, place) + char + token.slice(place + 1)
      fc.pre(other !== token)
      assert.equal(parseLeaseToken(secret, other), undefined)
    }),
  ))

test('no text is taken for a token', () =>
  fc.assert(
    fc.property(
      fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.string({ minLength: 90, maxLength: 300 })),
      (text) => assert.equal(parseLeaseToken(secret, text), undefined),
    ),
  ))
