/** What GET /system tells of the process: memory, disk, configuration. Masks secrets. */
import { readFile, realpath, statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Clock } from '../core/clock.ts'
import type { SystemReport, SystemSource } from '../http/deps.ts'
import { type Config, type ConfigOrigins, describeConfig, maskedStore } from './config.ts'
import { mountOf } from './mounts.ts'

const delayResolutionMs = 20
const sqliteScheme = 'sqlite:'

export interface SystemReporter extends SystemSource, Disposable {}

export interface SystemReporterOptions {
  readonly config: Config
  readonly origins: ConfigOrigins
  readonly clock: Clock
}

export function openSystemReporter({ config, origins, clock }: SystemReporterOptions): SystemReporter {
  const startedAtMs = clock.nowMs()
  const delays = monitorEventLoopDelay({ resolution: delayResolutionMs })
  delays.enable()
  return {
    async read(): Promise<SystemReport> {
      const { rss, heapUsed } = process.memoryUsage()
      return {
        startedAtMs,
        ...(await describePlace(config.store)),
        rssBytes: rss,
        heapBytes: heapUsed,
        eventLoopP99Ms: takeP99Ms(delays),
        config: describeConfig(config, origins),
      }
    },
    [Symbol.dispose]: () => delays.disable(),
  }
}

/** How late timers were, beside the resolution; begins anew. */
function takeP99Ms(delays: ReturnType<typeof monitorEventLoopDelay>): number {
  const p99Ms = delays.count === 0 ? 0 : delays.percentile(99) / 1e6 - delayResolutionMs
  delays.reset()
  return Math.max(0, p99Ms)
}

async function describePlace(store: string): Promise<Pick<SystemReport, 'location' | 'freeBytes' | 'mount'>> {
  if (!store.startsWith(sqliteScheme)) {
    const location = store === 'memory:' ? undefined : maskedStore(store)
    return { location, freeBytes: undefined, mount: undefined }
  }
  const location = await realpath(store.slice(sqliteScheme.length))
  const [space, mountinfo] = await Promise.all([
    statfs(dirname(location)).catch(() => undefined),
    // There is none but on Linux.
    readFile('/proc/self/mountinfo', 'utf8').catch(() => ''),
  ])
  const mount = mountOf(location, mountinfo)
  return {
    location,
    freeBytes: space && space.bavail * space.bsize,
    mount: mount && { ...mount, isOwnVolume: mount.point !== '/' },
  }
}
