/** 405 with Allow, where a path exists but not for the method (RFC 9110, 15.5.6). */
import { METHODS } from 'node:http'
import { AppError } from '../core/errors.ts'
import type { App } from './deps.ts'

/** All that the HTTP parser lets through; CONNECT never becomes a request. */
const methods = METHODS.filter((name) => name !== 'CONNECT')

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
      for (const name of methods) if (!app.supportedMethods.includes(name)) app.addHttpMethod(name)
      for (const [url, allowed] of [...allowedByUrl]) {
        // Every HEAD comes from a GET; of /docs/ only the HEAD is announced.
        if (allowed.has('HEAD')) allowed.add('GET')
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
