import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseServerUrl } from '../../../src/stores/postgres/server-url.ts'

test('each host of a URL has a URL of its own, with everything else that the URL says', () => {
  assert.deepEqual(parseServerUrl('postgres://u:p@a:1,b,[::1]:3/db?target_session_attrs=primary&sslmode=require'), {
    hostUrls: ['a:1', 'b', '[::1]:3'].map((host) => `postgres://u:p@${host}/db?sslmode=require`),
    attributes: 'primary',
  })
  assert.deepEqual(parseServerUrl('postgresql://a'), { hostUrls: ['postgresql://a'], attributes: 'read-write' })
})

test('what is not such a URL is refused', () => {
  for (const text of ['postgres:', 'mysql://a', 'postgres://a:x/db', 'postgres://a/db?target_session_attrs=standby']) {
    assert.throws(() => parseServerUrl(text), /^Error: must /, text)
  }
})
