/** The server of `sekali demo`: its own, or the one at --url; and what that server counts. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { startAggregator } from '../app/start-aggregator.ts'

export interface DemoServer extends AsyncDisposable {
  readonly url: string
  /** Whether the demo started it, and ends it. */
  readonly isOwn: boolean
}

/** An aggregator on a free port over a SQLite file that goes away with it. */
export async function startDemoServer(): Promise<DemoServer> {
  const folder = openTemporaryFolder()
  await using opened = new AsyncDisposableStack()
  opened.use(folder)
  const aggregator = opened.use(await startAggregator({ port: 0, store: `sqlite:${join(folder.path, 'sekali.db')}` }))
  const resources = opened.move()
  return { url: aggregator.url, isOwn: true, [Symbol.asyncDispose]: () => resources.disposeAsync() }
}

export interface TemporaryFolder extends Disposable {
  readonly path: string
}

export function openTemporaryFolder(): TemporaryFolder {
  const path = mkdtempSync(join(tmpdir(), 'sekali-demo-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}

const maxUnreadyMs = 60_000
const readyPollMs = 500

/** The waiting of the real world, as tests replace it. */
export interface ReadyWait {
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<unknown>
}

/** @throws Error when /readyz does not answer 200 within a minute; the signal's reason once it is aborted. */
export async function waitUntilReady(
  url: string,
  signal: AbortSignal,
  { sleep }: ReadyWait = { sleep: (ms, until) => pause(ms, undefined, { signal: until }) },
): Promise<void> {
  let reason = ''
  for (let waitedMs = 0; waitedMs <= maxUnreadyMs; waitedMs += readyPollMs) {
    try {
      const response = await fetch(addressOf(url, 'readyz'), { signal })
      await response.arrayBuffer()
      if (response.status === 200) return
      reason = `/readyz answers ${response.status}`
    } catch (thrown) {
      signal.throwIfAborted()
      reason = (thrown as Error & { cause?: Error }).cause?.message ?? String(thrown)
    }
    await sleep(readyPollMs, signal).catch(() => signal.throwIfAborted())
  }
  throw new Error(`${url} was not ready within ${maxUnreadyMs / 1000} seconds: ${reason}`)
}

/** What the server counted; `received` = `unique` + `duplicates`, the duplicates include the conflicts. */
export interface ServerCounts {
  readonly received: number
  readonly unique: number
  readonly duplicates: number
  readonly conflicts: number
}

/** Counts of these topics alone: others may publish to the server at the same time. @throws Error when it does not answer. */
export async function readCounts(url: string, topics: readonly string[]): Promise<ServerCounts> {
  const response = await fetch(addressOf(url, 'topics'))
  if (!response.ok) throw new Error(`${url} answers ${response.status} to GET /topics`)
  const body = (await response.json()) as {
    topics: { topic: string; events: number; duplicates: number; conflicts: number }[]
  }
  const counts = { received: 0, unique: 0, duplicates: 0, conflicts: 0 }
  for (const { topic, events, duplicates, conflicts } of body.topics) {
    if (!topics.includes(topic)) continue
    counts.received += events + duplicates
    counts.unique += events
    counts.duplicates += duplicates
    counts.conflicts += conflicts
  }
  return counts
}

export function countsSince(now: ServerCounts, before: ServerCounts): ServerCounts {
  return {
    received: now.received - before.received,
    unique: now.unique - before.unique,
    duplicates: now.duplicates - before.duplicates,
    conflicts: now.conflicts - before.conflicts,
  }
}

/** An address of the server, below the path that its URL may have. */
export function addressOf(url: string, path: string): string {
  return `${url.replace(/\/$/, '')}/${path}`
}
