/** GET /openapi.json, generated from the route schemas, and /docs, the page that renders it without any foreign host. */
import fastifySwagger from '@fastify/swagger'
import fastifySwaggerUi from '@fastify/swagger-ui'
import type { App } from '../deps.ts'
import { jsonContentType } from '../wire.ts'

/** All that the page needs comes from this server; Swagger UI draws its icons from data: URLs and sets style attributes. */
const contentSecurityPolicy =
  "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'"
const css = '.swagger-ui .topbar, .swagger-ui .info hgroup a { display: none }'

/** To be called before the routes that the document describes. */
export async function addDocs(app: App, version: string): Promise<void> {
  await app.register(fastifySwagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Sekali',
        version,
        description: 'Publish as often as you like; every event is stored once.',
        license: { name: 'MIT', identifier: 'MIT' },
      },
      tags: [
        { name: 'publish', description: 'Events in.' },
        { name: 'query', description: 'Events out.' },
        { name: 'subscriptions', description: 'Events delivered, at least once, with acks.' },
        { name: 'operations', description: 'Health and numbers.' },
      ],
    },
    transform: ({ schema, url, route }) => {
      const body = route.config?.documentedBody
      return { schema: body === undefined ? schema : { ...schema, body }, url }
    },
  })
  await app.register(fastifySwaggerUi, {
    routePrefix: '/docs',
    staticCSP: contentSecurityPolicy,
    uiConfig: { tryItOutEnabled: true },
    theme: { title: 'Sekali: the addresses', css: [{ filename: 'theme.css', content: css }] },
  })
  app.get('/openapi.json', {
    config: { produces: jsonContentType, isProbe: true },
    schema: { hide: true },
    handler: async () => app.swagger(),
  })
}
