/** The publishers of `sekali demo`: three that repeat themselves, and one that gives used ids to other content. */
import { setTimeout as pause } from 'node:timers/promises'
import { type PostOptions, postBatch } from '../client/post-batch.ts'
import { emptyTally, type Tally } from './publish-run.ts'

export const duplicateShare = 0.35
export const demoTopics = ['demo.orders', 'demo.payments', 'demo.users', 'demo.stock', 'demo.mail'] as const

const batchEvents = 50
/** Between two batches: the demo shows what happens, not how fast it can go. */
const pauseMs = 50
/** Events that a publisher may send again; the oldest are forgotten. */
const maxRemembered = 1000
const reusedIds = 20
const reuseBatchEvents = 10

interface DemoEvent {
  readonly topic: string
  readonly event_id: string
  readonly timestamp: string
  readonly source: string
  readonly payload: Readonly<Record<string, unknown>>
}

/** Decides what the next batch holds. */
interface Script {
  nextBatch(): readonly DemoEvent[]
  /** The (topic, event_id) pairs that were in a batch so far. */
  readonly distinct: number
}

export interface DemoPublisher {
  readonly name: string
  readonly tally: Readonly<Tally>
  /** Different pairs of topic and event id that it sent. */
  readonly distinct: number
  /** Publishes until the signal is aborted; the batch under way is finished. @throws ClientError. */
  run(until: AbortSignal, post: PostOptions): Promise<void>
}

/** @param runId part of every event id, so that no run meets the events of another. */
export function demoPublishers(runId: string): DemoPublisher[] {
  const repeating = ['shop-1', 'shop-2', 'shop-3'].map((name) => buildPublisher(name, repeatingScript(name, runId)))
  return [...repeating, buildPublisher('faulty', reusingScript('faulty', runId))]
}

function buildPublisher(name: string, script: Script): DemoPublisher {
  const tally = emptyTally()
  return {
    name,
    tally,
    get distinct() {
      return script.distinct
    },
    async run(until, post) {
      while (!until.aborted) {
        const events = script.nextBatch()
        const batch = {
          contentType: 'application/json',
          body: JSON.stringify({ events }),
          events: events.length,
        } as const
        const ack = await postBatch(batch, { ...post, onRetry: () => tally.retries++ })
        tally.sent += ack.accepted
        tally.unique += ack.unique
        tally.duplicates += ack.duplicates
        tally.conflicts += ack.conflicts
        await pause(pauseMs, undefined, { signal: until }).catch(() => {})
      }
    },
  }
}

/** About a third of each batch was sent before, unchanged, as after a lost ack. */
function repeatingScript(source: string, runId: string): Script {
  const remembered: DemoEvent[] = []
  let distinct = 0
  const newEvent = (): DemoEvent => {
    distinct++
    const topic = demoTopics[distinct % demoTopics.length] ?? demoTopics[0]
    const payload = { level: 'INFO', text: `number ${distinct} of ${source}` }
    return { topic, event_id: `${runId}-${source}-${distinct}`, timestamp: now(), source, payload }
  }
  return {
    get distinct() {
      return distinct
    },
    nextBatch() {
      const fresh: DemoEvent[] = []
      const batch = Array.from({ length: batchEvents }, () => {
        const isRepeated = Math.random() < duplicateShare
        const before = isRepeated ? remembered[Math.floor(Math.random() * remembered.length)] : undefined
        if (before !== undefined) return before
        const event = newEvent()
        fresh.push(event)
        return event
      })
      remembered.push(...fresh)
      remembered.splice(0, remembered.length - maxRemembered)
      return batch
    },
  }
}

/** Its ids start again and again at 1, for other events: each is a conflict, but for the first round. */
function reusingScript(source: string, runId: string): Script {
  let sent = 0
  return {
    get distinct() {
      return Math.min(sent, reusedIds)
    },
    nextBatch() {
      return Array.from({ length: reuseBatchEvents }, () => {
        const id = (sent % reusedIds) + 1
        sent++
        const payload = { level: 'WARN', text: `number ${sent} of ${source}` }
        return { topic: demoTopics[0], event_id: `${runId}-${source}-${id}`, timestamp: now(), source, payload }
      })
    },
  }
}

function now(): string {
  return new Date().toISOString()
}
