/** What GET /system tells of the process: memory, disk, configuration. Masks secrets. */
import type { Clock } from '../core/clock.ts'
import type { SystemReport, SystemSource } from '../http/deps.ts'
import { type Config, type ConfigOrigins, describeConfig } from './config.ts'
import { openLoopDelay } from './loop-delay.ts'
import { describePlace } from './store-place.ts'

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
