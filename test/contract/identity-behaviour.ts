/** The identity of an event, and that what was sent is what is kept. */
import assert from 'node:assert/strict'
import { anEvent, aQuery, asStored, type Behaviour, statusesOf, storedFields } from './store-bench.ts'

/** Strings that a careless store takes for something else, or for each other. */
const oddNames = [
  '__proto__',
  'constructor',
  'hasOwnProperty',
  'toString',
  'caf\u00e9',
  'cafe\u0301',
  'Case',
  'case',
  'CASE',
  'ß',
  'SS',
  '😀',
  '👩‍👩‍👧',
  '\uFEFFwith a byte order mark',
  'with a byte order mark',
  ' leading space',
  'leading space',
  'trailing space ',
  'trailing space',
  'a/b/../c',
  '%2F%00',
  '%',
  '_',
  "single ' quote",
  'double " quote',
  'back\\slash',
  'line\nbreak',
  'line\r\nbreak',
  'tab\tstop',
  '\u0001\u007f\u0080',
  '\u2028\u2029',
  '\uFFFF',
  'null',
  '1',
  '01',
  '1.0',
  '1e0',
  "'; DROP TABLE event; --",
  'x'.repeat(128),
  '\u{10FFFF}'.repeat(128),
]

const oddPayloads = [
  '{}',
  '{ }',
  ' { "spaces" : [ 1 , 2 ] } ',
  '{\n\t"lines": true\r\n}',
  '{"id":12345678901234567890}',
  '{"big":1e400,"zero":-0,"one":1.0,"exponent":1E+2}',
  '{"b":1,"a":2,"10":3,"2":4}',
  '{"twice":1,"twice":2}',
  '{"__proto__":{"polluted":true}}',
  '{"escapes":"\\u00e9\\n\\/\\ud83d\\ude00\\ud800"}',
  '{"raw":"é😀\u2028\u2029\uFEFF\u007f"}',
  `{"deep":${'['.repeat(60)}${']'.repeat(60)}}`,
  `{"long":"${'0123456789abcdef'.repeat(65_536)}"}`,
]

export function identityBehaviour(behaviour: Behaviour): void {
  behaviour('a new event is stored, and found as it was sent', async ({ store }) => {
    const event = anEvent({ payload: '{"msg":"hello"}' })
    assert.deepEqual(await store.append([event]), [{ status: 'stored', seq: 1 }])
    assert.deepEqual(storedFields(await store.findEvent(event.topic, event.eventId)), asStored(event, 1))
    const { events } = await store.readEvents(aQuery())
    assert.deepEqual(events.map(storedFields), [asStored(event, 1)])
  })

  behaviour('an event that was not sent is not found', async ({ store }) => {
    assert.equal(await store.findEvent('logs.test', 'a'), undefined)
    await store.append([anEvent({ topic: 'logs.test', eventId: 'a' })])
    assert.equal(await store.findEvent('logs.test', 'b'), undefined)
    assert.equal(await store.findEvent('logs', 'a'), undefined)
  })

  behaviour('an event sent again is a duplicate, and the first one stays as it was', async (bench) => {
    const event = anEvent()
    const first = await bench.store.append([event])
    bench.nowMs += 1000
    assert.deepEqual(await bench.store.append([event]), [{ status: 'duplicate', seq: first[0]?.seq }])
    assert.deepEqual(storedFields(await bench.store.findEvent(event.topic, event.eventId)), asStored(event, 1))
    assert.equal((await bench.store.readEvents(aQuery())).events.length, 1)
  })

  behaviour('the same id in two topics is two events', async ({ store }) => {
    const [first, second] = [anEvent({ topic: 'a', eventId: '1' }), anEvent({ topic: 'b', eventId: '1' })]
    assert.deepEqual(await statusesOf(store, [first]), ['stored'])
    assert.deepEqual(await statusesOf(store, [second]), ['stored'])
    assert.equal((await store.findEvent('a', '1'))?.seq, 1)
    assert.equal((await store.findEvent('b', '1'))?.seq, 2)
  })

  behaviour('topic and id are never taken for one text', async ({ store }) => {
    const pairs = [
      ['ab', 'c'],
      ['a', 'bc'],
      ['a/b', 'c'],
      ['a', 'b/c'],
      ['a,b', 'c'],
      ['a', 'b,c'],
      ['a\nb', 'c'],
      ['a', 'b\nc'],
    ] as const
    const events = pairs.map(([topic, eventId]) => anEvent({ topic, eventId }))
    assert.deepEqual(
      await statusesOf(store, events),
      events.map(() => 'stored'),
    )
    for (const [index, [topic, eventId]] of pairs.entries()) {
      assert.equal((await store.findEvent(topic, eventId))?.seq, index + 1)
    }
  })

  behaviour('any text is an ordinary id: compared by code unit, without normalisation', async ({ store }) => {
    const events = oddNames.map((eventId) => anEvent({ eventId }))
    await store.append(events)
    for (const [index, event] of events.entries()) {
      assert.deepEqual(storedFields(await store.findEvent('logs.test', event.eventId)), asStored(event, index + 1))
    }
    assert.deepEqual(
      await statusesOf(store, events),
      events.map(() => 'duplicate'),
    )
  })

  behaviour('any text is an ordinary topic and an ordinary source', async ({ store }) => {
    const events = oddNames.map((name) => anEvent({ topic: name, eventId: '1', source: name }))
    await store.append(events)
    for (const [index, event] of events.entries()) {
      const expected = [asStored(event, index + 1)]
      assert.deepEqual([storedFields(await store.findEvent(event.topic, '1'))], expected)
      const ofTopic = await store.readEvents(aQuery({ topic: event.topic }))
      assert.deepEqual(ofTopic.events.map(storedFields), expected)
      const ofSource = await store.readEvents(aQuery({ source: event.source }))
      assert.deepEqual(ofSource.events.map(storedFields), expected)
    }
    assert.equal((await store.readTopics()).length, oddNames.length)
  })

  behaviour('a payload is kept byte for byte', async ({ store }) => {
    const events = oddPayloads.map((payload) => anEvent({ payload }))
    await store.append(events)
    for (const { topic, eventId, payload } of events) {
      assert.equal((await store.findEvent(topic, eventId))?.payload, payload)
    }
    const { events: listed } = await store.readEvents(aQuery({ order: 'seq' }))
    assert.deepEqual(
      listed.map(({ payload }) => payload),
      oddPayloads,
    )
  })

  behaviour('a timestamp is kept exactly as sent', async ({ store }) => {
    const timestamps = [
      '2026-01-31',
      '2026-01-31t09:30Z',
      '2026-01-31 09:30:00.5',
      '2026-01-31T16:30:00.000000000000000000+07:00',
    ]
    await store.append(timestamps.map((timestamp) => anEvent({ timestamp })))
    const { events } = await store.readEvents(aQuery({ order: 'seq' }))
    assert.deepEqual(
      events.map(({ timestamp }) => timestamp),
      timestamps,
    )
  })
}
