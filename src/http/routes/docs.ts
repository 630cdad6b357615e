/** GET /openapi.json; the page that renders it is at /docs. */
import type { App } from '../deps.ts'
import { jsonContentType } from '../wire.ts'

export function addDocsRoute(app: App): void {
  app.get('/openapi.json', {
    config: { produces: jsonContentType, isProbe: true },
    schema: { hide: true },
    handler: async () => app.swagger(),
  })
}
