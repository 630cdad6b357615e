/** 405 with Allow, where a path exists but not for the method (RFC 9110, 15.5.6). */
import { AppError } from '../core/errors.ts'
import type { App } from './deps.ts'

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const

/** Notes every route added from now on; `refuse` then adds the answer for the methods that none of them has. */
export function refuseOtherMethods(app: App): { refuse(): void } {
  const allowedByUrl = new Map<string, Set<string>>()
  app.addHook('onRoute', ({ url, method }) => {
    const allowed = allowedByUrl.get(url) ?? new Set()
    for (const name of [method].flat()) allowed.add(name)
    allowedByUrl.set(url, allowed)
  })
  return {
    refuse() {
      for (const [url, allowed] of [...allowedByUrl]) {
        const allow = [...allowed].join(', ')
        app.route({
          url,
          method: methods.filter((name) => !allowed.has(name)),
          schema: { hide: true },
          onRequest: async (request, reply) => {
            reply.header('allow', allow)
            throw new AppError('method_not_allowed', `${request.method} is not for this address; it takes ${allow}`)
          },
          handler: () => {},
        })
      }
    },
  }
}
