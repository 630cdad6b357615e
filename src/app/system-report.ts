/** What GET /system tells of the process: memory, disk, configuration. Masks secrets. */
import { readFile, realpath, statfs } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { Clock } from '../core/clock.ts'
import type { SystemReport, SystemSource } from '../http/deps.ts'
import { type Config, type ConfigOrigins, describeConfig, maskedStore } from './config.ts'
import { openLoopDelay } from './loop-delay.ts'
import { mountOf } from './mounts.ts'

const sqliteScheme = 'sqlite:'

export interface SystemReporter extends SystemSource, Disposable {}

export interface SystemReporterOptions {
  readonly config: Config
  readonly origins: ConfigOrigins
  readonly clock: Clock
}

export function openSystemReporter({ config, origins, clock }: SystemReporterOptions): SystemReporter {
  const startedAtMs = clock.nowMs()
  const delay = openLoopDelay()
  return {
    async read(): Promise<SystemReport> {
      const { rss, heapUsed } = process.memoryUsage()
      return {
        startedAtMs,
        ...(await describePlace(config.store)),
        rssBytes: rss,
        heapBytes: heapUsed,
        eventLoopP99Ms: delay.p99Ms(),
        config: describeConfig(config, origins),
      }
    },
    [Symbol.dispose]: () => delay[Symbol.dispose](),
  }
}

type Place = Pick<SystemReport, 'engine' | 'location' | 'freeBytes' | 'mount'>

async function describePlace(store: string): Promise<Place> {
  if (!store.startsWith(sqliteScheme)) {
    const engine = store.startsWith('postgres') ? 'postgres' : 'memory'
    const location = engine === 'memory' ? undefined : maskedStore(store)
    return { engine, location, freeBytes: undefined, mount: undefined }
  }
  const path = store.slice(sqliteScheme.length)
  // Somebody may have removed the file from under the server.
  const location = await realpath(path).catch(() => resolve(path))
  const [space, mountinfo] = await Promise.all([
    statfs(dirname(location)).catch(() => undefined),
    // There is none but on Linux.
    readFile('/proc/self/mountinfo', 'utf8').catch(() => ''),
  ])
  const mount = mountOf(location, mountinfo)
  return {
    engine: 'sqlite',
    location,
    freeBytes: space && space.bavail * space.bsize,
    mount: mount && { ...mount, isOwnVolume: mount.point !== '/' },
  }
}
