/** Publishers of a simulation: each sends its batches in order and sends one again, the same, until it is acknowledged. */
import { AppError } from '../../src/core/errors.ts'
import type { NewEvent } from '../../src/core/event.ts'
import { PackedEvents } from '../../src/core/packed-events.ts'
import { outside } from './scheduler.ts'
import { maxLatenessMs } from './timers.ts'
import type { Outcome, World } from './world.ts'

const timestamp = '2026-01-01T00:00:00Z'
const instant = { ms: Date.UTC(2026, 0, 1), fraction: '' }
const topics = ['a', 'b.x', 'b.y'] as const

/** All keys that were made up in a run; publishers repeat each other's. */
export interface KeyPool {
  plain: number
  /** Of large batches; no subscription asks for their topic. */
  bulk: number
}

export async function publish(world: World, pool: KeyPool): Promise<void> {
  const { random } = world.scheduler
  for (let batch = 0; batch < world.plan.batchesPerPublisher; batch++) {
    const { bulkEvents } = world.plan
    const isBulk = bulkEvents > 0 && random.share() < 0.8
    await publishUntilAcknowledged(world, drawBatch(world, pool, isBulk ? 'bulk' : 'plain'))
    if (random.share() < 0.5) await world.scheduler.sleep(random.whole(0, 300))
  }
}

/** Some publishers leave it at that: then it must not be stored. */
function isNotTaken(outcome: Outcome<unknown>): boolean {
  return outcome.kind === 'refused' && outcome.error.code === 'queue_full'
}

/** Another node of the same store, which this process hears of only through the store. */
export async function appendElsewhere(world: World, pool: KeyPool): Promise<void> {
  const { scheduler, sharedStore, oracle } = world
  for (let batch = 0; batch < 5 && sharedStore !== undefined; batch++) {
    await scheduler.sleep(scheduler.random.whole(0, 300))
    const events = drawBatch(world, pool, 'plain')
    oracle.onSend(events)
    try {
      const results = await sharedStore.append(PackedEvents.from(events), scheduler.clock.nowMs(), outside)
      oracle.onPublished(events, results)
    } catch {
      // It does not come again: what it sent may be there or not.
    }
  }
}

async function publishUntilAcknowledged(world: World, events: readonly NewEvent[]): Promise<void> {
  const { random } = world.scheduler
  for (;;) {
    const outcome = await attempt(world, events)
    if (outcome.kind === 'answered') return
    if (isNotTaken(outcome) && random.share() < 0.3) return
    await world.scheduler.sleep(random.share() < 0.3 ? 0 : random.whole(1, 400))
  }
}

/** Also resolves when the publisher has no patience any more; the answer, should it come, is taken note of. */
async function attempt(world: World, events: readonly NewEvent[]): Promise<Outcome<unknown>> {
  const { scheduler, oracle } = world
  const packed = PackedEvents.from(events)
  oracle.onSend(events)
  const answer = world.call('publish', async (process) => {
    const startedAtMs = scheduler.nowMs
    const bytes = packed.columns.text.length
    try {
      return await process.consumer.publish(packed, bytes)
    } catch (thrown) {
      const waitedMs = scheduler.nowMs - startedAtMs
      const isFull = thrown instanceof AppError && thrown.code === 'queue_full'
      if (isFull && waitedMs > world.plan.queueMaxWaitMs + maxLatenessMs)
        oracle.violation(`queue_full after ${waitedMs} ms`)
      throw thrown
    }
  })
  const noted = answer.then((outcome) => {
    if (outcome.kind === 'answered') oracle.onPublished(events, outcome.value)
    if (isNotTaken(outcome)) oracle.onNotTaken(events)
    return outcome
  })
  if (scheduler.random.share() > 0.05) return noted
  const impatience = scheduler.sleep(scheduler.random.whole(1, 100)).then((): Outcome<unknown> => ({ kind: 'lost' }))
  return Promise.race([noted, impatience])
}

function drawBatch({ scheduler: { random }, plan }: World, pool: KeyPool, kind: keyof KeyPool): NewEvent[] {
  const { bulkEvents, maxBatchEvents } = plan
  const count = kind === 'bulk' ? random.whole(bulkEvents >>> 1, bulkEvents) : random.whole(1, maxBatchEvents)
  const events: NewEvent[] = []
  while (events.length < count) {
    const draw = random.share()
    const again = draw < 0.1 ? events[random.whole(0, events.length - 1)] : undefined
    if (again !== undefined) events.push(again)
    else if (draw < 0.25 && pool[kind] > 0)
      events.push(eventOf(kind, random.whole(1, pool[kind]), draw < 0.13 ? ',"other":true' : ''))
    else events.push(eventOf(kind, ++pool[kind], ''))
  }
  return events
}

/** The same key is always the same event, or the same conflict with it. */
function eventOf(kind: keyof KeyPool, key: number, more: string): NewEvent {
  const topic = kind === 'bulk' ? 'bulk' : (topics[key % topics.length] ?? topics[0])
  return { topic, eventId: `e${key}`, timestamp, instant, source: 'sim', payload: `{"n":${key}${more}}` }
}
