/** Duplicates: every one is on record, and a conflict keeps what it carried. */
import assert from 'node:assert/strict'
import type { DuplicateRecord } from '../../src/core/event-store.ts'
import { allDuplicates, anEvent, type Behaviour, someEvents, startMs, statusesOf } from './store-bench.ts'

export function duplicateBehaviour(behaviour: Behaviour): void {
  behaviour('a duplicate is on record, without content', async (bench) => {
    const event = anEvent({ source: 'web' })
    await bench.store.append([anEvent(), event])
    bench.nowMs += 5000
    await bench.store.append([event])
    const [record, ...others] = await allDuplicates(bench.store)
    assert.deepEqual(others, [])
    assert.ok(Number.isSafeInteger(record?.id))
    assert.deepEqual(record && withoutId(record), {
      topic: event.topic,
      eventId: event.eventId,
      seq: 2,
      seenAtMs: startMs + 5000,
      source: 'web',
      refused: undefined,
    })
  })

  behaviour(
    'the same pair with other content is a conflict: the first stays, the other is kept aside',
    async (bench) => {
      const { store } = bench
      const first = anEvent({ timestamp: '2026-01-31T09:30:00Z', source: 'web', payload: '{"n":1}' })
      await store.append([first])
      const others = [
        { ...first, payload: '{"n":2}' },
        { ...first, payload: '{"n": 1}' },
        { ...first, source: 'app' },
        { ...first, timestamp: '2026-01-31T09:30:00+00:00' },
        { ...first, timestamp: '2026-02-01', source: 'é😀', payload: '{"big":1e400}' },
      ]
      for (const other of others) assert.deepEqual(await store.append([other]), [{ status: 'conflict', seq: 1 }])
      const { timestamp, source, payload } = (await store.findEvent(first.topic, first.eventId)) ?? {}
      assert.deepEqual([timestamp, source, payload], ['2026-01-31T09:30:00Z', 'web', '{"n":1}'])
      assert.deepEqual(
        (await allDuplicates(store)).map(withoutId),
        others.reverse().map((other) => ({
          topic: first.topic,
          eventId: first.eventId,
          seq: 1,
          seenAtMs: startMs,
          source: other.source,
          refused: { timestamp: other.timestamp, source: other.source, payload: other.payload },
        })),
      )
    },
  )

  behaviour('a refused content never becomes the content that later ones are compared with', async ({ store }) => {
    const first = anEvent({ payload: '{"n":1}' })
    const other = { ...first, payload: '{"n":2}' }
    assert.deepEqual(await statusesOf(store, [first, other, first, other]), [
      'stored',
      'conflict',
      'duplicate',
      'conflict',
    ])
    assert.deepEqual(await statusesOf(store, [other, first]), ['conflict', 'duplicate'])
    assert.equal((await allDuplicates(store, { isConflict: true })).length, 3)
  })

  behaviour('duplicates are listed newest first', async ({ store }) => {
    const events = someEvents(6, (index) => ({ eventId: `e${index}` }))
    await store.append(events)
    await store.append(events.slice(0, 3))
    await store.append(events.slice(3).map((event, index) => (index === 1 ? { ...event, source: 'other' } : event)))
    const records = await allDuplicates(store)
    assert.deepEqual(
      records.map(({ eventId }) => eventId),
      ['e5', 'e4', 'e3', 'e2', 'e1', 'e0'],
    )
    const ids = records.map(({ id }) => id)
    assert.deepEqual(
      ids,
      [...new Set(ids)].sort((a, b) => b - a),
    )
  })

  behaviour(
    'duplicates are found by topic, by the source that sent them and by whether they conflict',
    async (bench) => {
      const { store } = bench
      const events = someEvents(8, (index) => ({ topic: `t${index % 2}`, eventId: `e${index}`, source: 'first' }))
      await store.append(events)
      await store.append(events.map((event, index) => (index < 4 ? event : { ...event, source: `s${index % 3}` })))
      const records = await allDuplicates(store)
      assert.equal(records.length, 8)
      for (const topic of [undefined, 't0', 't1', 'unknown']) {
        for (const source of [undefined, 'first', 's0', 's1', 's2', 'unknown']) {
          for (const isConflict of [undefined, true, false]) {
            const expected = records.filter(
              (record) =>
                (topic === undefined || record.topic === topic) &&
                (source === undefined || record.source === source) &&
                (isConflict === undefined || (record.refused !== undefined) === isConflict),
            )
            assert.deepEqual(await allDuplicates(store, { topic, source, isConflict }), expected)
            assert.deepEqual(await allDuplicates(store, { topic, source, isConflict, limit: 1 }), expected)
          }
        }
      }
    },
  )

  behaviour('a page of duplicates has a next one only if there is more', async ({ store }) => {
    const event = anEvent()
    await store.append(new Array(7).fill(event))
    const page = await store.readDuplicates({ limit: 3 })
    assert.equal(page.duplicates.length, 3)
    const second = await store.readDuplicates({ limit: 3, beforeId: page.nextBeforeId })
    assert.equal(second.duplicates.length, 3)
    assert.equal(second.nextBeforeId, undefined)
    assert.deepEqual([...page.duplicates, ...second.duplicates], await allDuplicates(store))
    const whole = await store.readDuplicates({ limit: 6 })
    assert.deepEqual([whole.duplicates.length, whole.nextBeforeId], [6, undefined])
  })

  behaviour('paging through duplicates neither skips nor repeats while more arrive', async ({ store }) => {
    const event = anEvent()
    await store.append(new Array(21).fill(event))
    const before = await allDuplicates(store)
    const paged: DuplicateRecord[] = []
    let beforeId: number | undefined
    do {
      const page = await store.readDuplicates({ limit: 3, beforeId })
      paged.push(...page.duplicates)
      beforeId = page.nextBeforeId
      await store.append([event, { ...event, payload: '{"other":true}' }])
    } while (beforeId !== undefined)
    assert.deepEqual(paged, before)
  })
}

function withoutId({ id: _, ...record }: DuplicateRecord): Omit<DuplicateRecord, 'id'> {
  return record
}
