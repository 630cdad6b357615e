import assert from 'node:assert/strict'
import { realpathSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { systemClock } from '../../src/core/clock.ts'
import { AppError } from '../../src/core/errors.ts'
import type { SystemReport } from '../../src/http/deps.ts'
import { openMemoryEventStore } from '../../src/stores/memory/memory-event-store.ts'
import { wireEvent } from '../support/events.ts'
import { assertProblem, pointersOf } from '../support/problem.ts'
import { startTestServer } from '../support/server.ts'
import { startServerOver, storeWith } from '../support/server-over.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const well = (name: string) => ({ name, ok: true, reason: null })

const report: SystemReport = {
  startedAtMs: 0,
  engine: 'memory',
  location: undefined,
  freeBytes: undefined,
  mount: undefined,
  rssBytes: 1,
  heapBytes: 1,
  eventLoopP99Ms: 0,
  config: [],
}

test('/system has exactly the fields of the contract', async (t) => {
  const path = join(realpathSync(temporaryFolder(t)), 'events.db')
  const server = await startTestServer(t, { store: `sqlite:${path}`, queueCapacityEvents: 77 })
  await server.publish(wireEvent(), wireEvent())
  const { started_at, uptime_seconds, store, process: own, config, ...rest } = await server.getJson('/system')
  assert.match(rest.version, /^\d+\.\d+\.\d+/)
  assert.deepEqual(rest, {
    version: rest.version,
    node: process.version,
    pid: process.pid,
    status: 'ready',
    health: [well('store'), well('queue'), well('readers')],
  })
  assert.equal(new Date(started_at).toISOString(), started_at)
  assert.ok(uptime_seconds >= 0)
  const { bytes, free_bytes, mount, ...place } = store
  assert.deepEqual(place, { engine: 'sqlite', location: path, last_seq: 2 })
  assert.ok(bytes > 0 && free_bytes >= 0)
  if (process.platform === 'linux') {
    assert.ok(path.startsWith(mount.point))
    assert.equal(mount.is_own_volume, mount.point !== '/')
  } else assert.equal(mount, null)
  assert.deepEqual(Object.keys(own), ['rss_bytes', 'heap_bytes', 'event_loop_p99_ms'])
  assert.ok(own.rss_bytes > own.heap_bytes && own.event_loop_p99_ms >= 0)
  assert.deepEqual(
    config.filter(({ origin }: { origin: string }) => origin === 'program'),
    [
      { name: 'port', value: '0', origin: 'program' },
      { name: 'store', value: `sqlite:${path}`, origin: 'program' },
      { name: 'queue-capacity', value: '77', origin: 'program' },
    ],
  )
})

test('a store in memory is nowhere', async (t) => {
  const { store } = await (await startTestServer(t)).getJson('/system')
  const { bytes: _, ...place } = store
  assert.deepEqual(place, { engine: 'memory', location: null, last_seq: 0, free_bytes: null, mount: null })
})

test('when the files were removed from under the server, it still says where they were', async (t) => {
  const folder = join(realpathSync(temporaryFolder(t)), 'inner')
  const server = await startTestServer(t, { store: `sqlite:${folder}/events.db` })
  rmSync(folder, { recursive: true })
  assert.equal((await server.getJson('/system')).store.location, `${folder}/events.db`)
})

test('a store that does not work is what the page is for: it answers, and says what and why', async (t) => {
  const fail = () => Promise.reject(new AppError('store_unavailable', 'the disk went away'))
  const store = storeWith(openMemoryEventStore({ clock: systemClock }), { checkWritable: fail, stats: fail })
  const server = await startServerOver(t, { store, system: { read: async () => report } })
  const { status, health, store: place } = await server.getJson('/system')
  assert.equal(status, 'not ready')
  const ill = (name: string) => ({ name, ok: false, reason: 'the disk went away' })
  assert.deepEqual(health, [ill('store'), well('queue'), ill('readers')])
  assert.deepEqual([place.bytes, place.last_seq], [null, null])
})

test('422: a query parameter where there is none', async (t) => {
  const server = await startTestServer(t)
  assert.deepEqual(pointersOf(await assertProblem(await server.get('/system?x=1'), 422)), ['/x'])
})
