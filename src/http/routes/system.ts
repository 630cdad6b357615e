/** GET /system: how this process is, where its store is, and how it was started. */
import { AppError, toAppError } from '../../core/errors.ts'
import type { App, HttpDeps } from '../deps.ts'
import { emptyQuerySchema, problemSchema } from '../schemas.ts'
import { systemSchema } from '../schemas-statistics.ts'
import { isoTime, jsonContentType } from '../wire.ts'

export function addSystemRoute(app: App, { system, store, readiness, queue, clock, version }: HttpDeps): void {
  const startedAtMs = clock.monotonicMs()
  app.get('/system', {
    config: { produces: jsonContentType, isPage: true },
    schema: {
      tags: ['operations'],
      summary: 'The process, its store and its configuration',
      querystring: emptyQuerySchema,
      response: { 200: systemSchema, '4xx': problemSchema, '5xx': problemSchema },
    },
    handler: async () => {
      // Whoever looks wants to know most when something does not work.
      const asked = store.stats().catch((thrown: unknown) => toAppError(thrown, 'store_unavailable'))
      const [report, fault, answered] = await Promise.all([system.read(), readiness.storeFault(), asked])
      const [stats, readFault] = answered instanceof AppError ? [undefined, answered.message] : [answered, undefined]
      const queueFault = queue.size < queue.capacityEvents ? undefined : 'full: publishers wait'
      return {
        version,
        node: process.version,
        pid: process.pid,
        started_at: isoTime(report.startedAtMs),
        uptime_seconds: Math.round(clock.monotonicMs() - startedAtMs) / 1000,
        status: fault === undefined ? ('ready' as const) : ('not ready' as const),
        health: [healthOf('store', fault), healthOf('queue', queueFault), healthOf('readers', readFault)],
        store: {
          engine: report.engine,
          location: report.location ?? null,
          bytes: stats?.bytes ?? null,
          last_seq: stats?.lastSeq ?? null,
          free_bytes: report.freeBytes ?? null,
          mount: report.mount === undefined ? null : mountWire(report.mount),
        },
        process: {
          rss_bytes: report.rssBytes,
          heap_bytes: report.heapBytes,
          event_loop_p99_ms: Math.round(report.eventLoopP99Ms * 100) / 100,
        },
        config: [...report.config],
      }
    },
  })
}

function healthOf(name: string, fault: string | undefined) {
  return { name, ok: fault === undefined, reason: fault ?? null }
}

function mountWire({ point, type, isOwnVolume }: { point: string; type: string; isOwnVolume: boolean }) {
  return { point, type, is_own_volume: isOwnVolume }
}
