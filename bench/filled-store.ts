/**
 * A store whose events are known: events 0 to `keys` - 1 of a source, so that any of them can be made again. Lies in a
 * temporary folder, or in one that is kept, where a file beside it says how it was filled.
 */
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { UsageError } from '../src/app/config.ts'
import { type Batch, type EventSource, openEventSource } from '../src/cli/bench-events.ts'
import { openTemporaryFolder } from '../src/cli/temporary-folder.ts'
import { defaultEvents } from './default-events.ts'
import { openTopics, type TopicPlan } from './topic-plan.ts'

/** All that its events depend on. */
export interface StoreDescription {
  readonly topicPlan: TopicPlan
  readonly payloadBytes: number
  readonly seed: number
  /** Timestamp of event 0, milliseconds since the Unix epoch. */
  readonly startMs: number
  /** Events stored. */
  readonly keys: number
}

export interface FilledStore extends Disposable {
  /** As `--store` takes it. */
  readonly url: string
  readonly description: StoreDescription
  readonly source: EventSource
  /** So many more of the source's events are stored, in their order. */
  addKeys(count: number): void
  sizes(): { readonly databaseBytes: number; readonly walBytes: number }
}

const descriptionName = 'bench-store.json'
const databaseName = 'bench.db'

export interface FilledStoreOptions {
  /** A folder for the store, which stays; undefined: a temporary one. */
  readonly keep: string | undefined
  /** Of a new store; one that is there already has its own. */
  readonly topicPlan: TopicPlan
}

/** @throws UsageError when the folder holds something else. */
export function openFilledStore({ keep, topicPlan }: FilledStoreOptions): FilledStore {
  using opened = new DisposableStack()
  const folder = keep === undefined ? openTemporaryFolder('sekali-bench-') : undefined
  if (folder !== undefined) {
    // Also when this process is ended at once, as by a second Ctrl-C.
    const remove = () => folder[Symbol.dispose]()
    process.on('exit', remove)
    opened.defer(() => {
      process.off('exit', remove)
      remove()
    })
  }
  const path = folder?.path ?? resolve(keep ?? '')
  const database = join(path, databaseName)
  const descriptionPath = join(path, descriptionName)
  let description = readDescription(descriptionPath)
  if (description === undefined && existsSync(database)) {
    throw new UsageError(`--keep ${path} holds a store that is not of this benchmark`)
  }
  mkdirSync(path, { recursive: true })
  const describe = (changed: StoreDescription) => {
    description = changed
    writeFileSync(descriptionPath, `${JSON.stringify(changed)}\n`)
    return changed
  }
  const { payloadBytes, seed } = defaultEvents
  const initial = description ?? describe({ topicPlan, payloadBytes, seed, startMs: Date.now(), keys: 0 })
  const resources = opened.move()
  return {
    url: `sqlite:${database}`,
    get description() {
      return description ?? initial
    },
    source: openStoreSource(initial),
    addKeys(count) {
      const before = description ?? initial
      describe({ ...before, keys: before.keys + count })
    },
    sizes: () => ({ databaseBytes: bytesOf(database), walBytes: bytesOf(`${database}-wal`) }),
    [Symbol.dispose]: () => resources[Symbol.dispose](),
  }
}

export function openStoreSource({ topicPlan, payloadBytes, seed, startMs }: StoreDescription): EventSource {
  const source = openEventSource({ ...defaultEvents, topics: 1, payloadBytes, seed }, startMs)
  const { topicOf } = openTopics(topicPlan)
  return (index) => ({ ...source(index), topic: topicOf(index) })
}

export interface EventRange {
  readonly from: number
  readonly to: number
  readonly batchEvents: number
  /** Whether none of them is stored yet. */
  readonly isNew: boolean
}

/** One batch after the other, in the order of the events; undefined at the end. */
export function batchesOf(source: EventSource, { from, to, batchEvents, isNew }: EventRange): () => Batch | undefined {
  let next = from
  return () => {
    const first = next
    const size = Math.min(batchEvents, to - first)
    if (size <= 0) return undefined
    next += size
    return { events: Array.from({ length: size }, (_, place) => source(first + place)), unique: isNew ? size : 0 }
  }
}

function readDescription(path: string): StoreDescription | undefined {
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as StoreDescription) : undefined
}

function bytesOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}
