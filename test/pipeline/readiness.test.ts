import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../../src/core/clock.ts'
import { AppError } from '../../src/core/errors.ts'
import type { EventStore } from '../../src/core/event-store.ts'
import { Readiness } from '../../src/pipeline/readiness.ts'
import { openMemoryEventStore } from '../../src/stores/memory/memory-event-store.ts'

function readinessOver(checkWritable: () => Promise<void>) {
  let nowMs = 0
  let probes = 0
  const failures: string[] = []
  const memory = openMemoryEventStore({ clock: systemClock })
  const store: EventStore = Object.assign(Object.create(memory), {
    checkWritable: () => {
      probes++
      return checkWritable()
    },
  })
  const clock = { nowMs: () => 0, monotonicMs: () => nowMs }
  return {
    readiness: new Readiness({ store, clock, onFailure: (error) => failures.push(error.code) }),
    failures,
    probes: () => probes,
    advance: (ms: number) => (nowMs += ms),
  }
}

test('without a recent commit the store is asked', async () => {
  const { readiness, probes } = readinessOver(async () => {})
  assert.equal(await readiness.storeFault(), undefined)
  assert.equal(probes(), 1)
})

test('a recent commit is proof enough, an old one is not', async () => {
  const { readiness, probes, advance } = readinessOver(async () => {})
  readiness.recordCommit()
  await readiness.storeFault()
  assert.equal(probes(), 0)
  advance(1000)
  await readiness.storeFault()
  assert.equal(probes(), 1)
})

test('a failed commit is not outweighed by one before it', async () => {
  const { readiness, failures } = readinessOver(() => Promise.reject(new AppError('disk_full', 'the disk is full')))
  readiness.recordCommit()
  readiness.recordFailure()
  assert.equal(await readiness.storeFault(), 'the disk is full')
  assert.deepEqual(failures, ['disk_full'])
})

test('it heals by asking again', async () => {
  let isFull = true
  const { readiness } = readinessOver(async () => {
    if (isFull) throw new AppError('disk_full', 'the disk is full')
  })
  assert.equal(await readiness.storeFault(), 'the disk is full')
  isFull = false
  assert.equal(await readiness.storeFault(), undefined)
})

test('many checks at once share one probe', async () => {
  const { readiness, probes } = readinessOver(async () => {})
  await Promise.all(Array.from({ length: 50 }, () => readiness.storeFault()))
  assert.equal(probes(), 1)
})

test('a store that does not answer counts as one that cannot commit', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const { readiness } = readinessOver(() => new Promise(() => {}))
  const fault = readiness.storeFault()
  t.mock.timers.tick(5000)
  assert.equal(await fault, 'the store does not answer')
})
