/** The server of `sekali demo`: its own, or the one at --url. */
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { startAggregator } from '../app/start-aggregator.ts'
import { addressOf } from '../client/send-request.ts'
import { openTemporaryFolder } from './temporary-folder.ts'

export interface DemoServer extends AsyncDisposable {
  readonly url: string
  /** Whether the demo started it, and ends it. */
  readonly isOwn: boolean
}

/** An aggregator on a free port over a SQLite file that goes away with it. */
export async function startDemoServer(): Promise<DemoServer> {
  const folder = openTemporaryFolder('sekali-demo-')
  await using opened = new AsyncDisposableStack()
  opened.use(folder)
  const aggregator = opened.use(await startAggregator({ port: 0, store: `sqlite:${join(folder.path, 'sekali.db')}` }))
  const resources = opened.move()
  return { url: aggregator.url, isOwn: true, [Symbol.asyncDispose]: () => resources.disposeAsync() }
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
