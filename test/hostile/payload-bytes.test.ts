import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startTestServer } from '../support/server.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { keptPayloads } from './corpus/kept.ts'

for (const store of ['memory', 'sqlite']) {
  test(`payloads are returned byte for byte as sent, in every list and shape of body: ${store}`, async (t) => {
    const config = store === 'sqlite' ? { store: `sqlite:${temporaryFolder(t)}/events.db` } : {}
    const server = await startTestServer(t, config)
    const eventOf = (payload: string, id: string) =>
      ` { "payload" :\n${payload}\t, "source":"s","event_id":"${id}" ,"topic":"t","timestamp":"2026-01-31" } `
    for (const [index, payload] of keptPayloads.entries()) {
      const lines = eventOf(payload.replaceAll(/[\n\r]/g, ' '), `line-${index}`).replaceAll('\n', ' ')
      const bodies = [
        [eventOf(payload, `one-${index}`), 'application/json'],
        [`[${eventOf(payload, `array-${index}`)}]`, 'application/json'],
        [` {"events" : [${eventOf(payload, `batch-${index}`)} ] }`, 'application/json'],
        [lines, 'application/x-ndjson'],
      ] as const
      for (const [body, type] of bodies) {
        const answer = await server.post('/publish', body, { 'content-type': type })
        assert.equal(answer.status, 202, await answer.clone().text())
      }
      for (const shape of ['one', 'array', 'batch', 'line']) {
        const expected = shape === 'line' ? payload.replaceAll(/[\n\r]/g, ' ') : payload
        const text = await (await server.get(`/events/t/${shape}-${index}`)).text()
        assert.ok(text.includes(`"payload":${expected},"seq":`), text.slice(0, 300))
      }
    }
    const list = await (await server.get('/events?order=seq&limit=1000')).text()
    const found = list.split('"payload":').length - 1
    assert.ok(found >= keptPayloads.length * 4)
    for (const payload of keptPayloads) assert.ok(list.includes(`"payload":${payload},"seq":`), payload.slice(0, 100))
  })
}

test('the content of a refused conflict is returned byte for byte', async (t) => {
  const server = await startTestServer(t)
  const eventOf = (payload: string) =>
    `{"topic":"t","event_id":"1","timestamp":"2026-01-31T09:30:00,5+07","source":"s","payload":${payload}}`
  for (const payload of keptPayloads) assert.equal((await server.post('/publish', eventOf(payload))).status, 202)
  const text = await (await server.get('/duplicates?conflict=true')).text()
  for (const payload of keptPayloads.slice(1)) {
    assert.ok(
      text.includes(`"refused":{"timestamp":"2026-01-31T09:30:00,5+07","source":"s","payload":${payload}}`),
      payload,
    )
  }
  assert.equal((await server.getJson('/events')).events[0].payload.id, undefined)
})

test('the text of a timestamp is returned exactly as sent', async (t) => {
  const server = await startTestServer(t)
  const timestamps = [
    '2026-01-31',
    '2026-01-31T09:30',
    '2026-01-31T09:30:00',
    '2026-01-31T09:30:00Z',
    '2026-01-31T09:30:00z',
    '2026-01-31t09:30:00.000Z',
    '2026-01-31 09:30:00',
    '2026-01-31T09:30:00.123456789012345678901234567890Z',
    '2026-01-31T09:30:00,1',
    '2026-01-31T09:30:00-00:00',
    '2026-01-31T16:30:00+07:00',
    '2026-01-31T16:30:00+0700',
    '2026-01-31T16:30:00+07',
    '2026-06-30T23:59:60Z',
    '2026-01-31T24:00:00',
    '0000-01-01T00:00:00+23:59',
    '9999-12-31T23:59:59.999999-23:59',
  ]
  for (const [index, timestamp] of timestamps.entries()) {
    const event = { topic: 't', event_id: `${index}`, timestamp, source: 's', payload: {} }
    const answer = await server.post('/publish', JSON.stringify(event))
    assert.equal(answer.status, 202, timestamp)
    assert.equal((await server.getJson(`/events/t/${index}`)).timestamp, timestamp)
  }
})
