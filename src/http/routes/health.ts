/** GET /health, /livez, /readyz and /metrics: for those who watch the server. */
import { AppError, toAppError } from '../../core/errors.ts'
import type { App, HttpDeps } from '../deps.ts'
import { healthSchema, livenessSchema, readinessSchema, unhealthySchema } from '../schemas.ts'
import { jsonContentType } from '../wire.ts'

export function addHealthRoutes(app: App, { store, queue, readiness, metrics }: HttpDeps): void {
  app.get('/health', {
    config: { produces: jsonContentType, isProbe: true },
    schema: {
      tags: ['operations'],
      summary: 'Whether the store can commit',
      response: { 200: healthSchema, 503: unhealthySchema },
    },
    handler: async (_, reply) => {
      const [fault, stats] = await Promise.all([
        readiness.storeFault(),
        store.stats().catch((thrown: unknown) => toAppError(thrown, 'store_unavailable')),
      ])
      const queueSize = { queue_size: queue.size }
      if (stats instanceof AppError) {
        reply.code(503).header('retry-after', 1)
        return { status: 'unhealthy' as const, ...queueSize, reason: fault ?? stats.message }
      }
      const numbers = { ...queueSize, processed_count: stats.uniqueProcessed }
      if (fault === undefined) return { status: 'healthy' as const, ...numbers }
      reply.code(503).header('retry-after', 1)
      return { status: 'unhealthy' as const, ...numbers, reason: fault }
    },
  })
  app.get('/livez', {
    config: { produces: jsonContentType, isProbe: true },
    schema: {
      tags: ['operations'],
      summary: 'Whether the process answers',
      response: { 200: livenessSchema },
    },
    handler: async () => ({ status: 'alive' as const }),
  })
  app.get('/readyz', {
    config: { produces: jsonContentType, isProbe: true },
    schema: {
      tags: ['operations'],
      summary: 'Whether to send requests here: the store is writable and the server is not draining',
      response: { 200: readinessSchema, 503: readinessSchema },
    },
    handler: async (_, reply) => {
      const reason = readiness.isDraining ? 'draining' : await readiness.storeFault()
      if (reason === undefined) return { status: 'ready' as const }
      reply.code(503).header('retry-after', 1)
      return { status: 'not ready' as const, reason }
    },
  })
  app.get('/metrics', {
    config: { produces: metrics.contentType, isProbe: true },
    schema: { tags: ['operations'], summary: 'Prometheus metrics', produces: ['text/plain'] },
    handler: async (_, reply) => reply.type(metrics.contentType).send(await metrics.render()),
  })
}
