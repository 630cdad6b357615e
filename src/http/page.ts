/**
 * The dashboard: browsers get it at the addresses where programs get JSON, and its files below /assets/. It works below any
 * path: its base element leads from the address asked for back to the root.
 */
import type { FastifyReply, FastifyRequest } from 'fastify'
import Negotiator from 'negotiator'
import { AppError } from '../core/errors.ts'
import type { App, HttpDeps } from './deps.ts'
import { type PageFiles, readPageFiles } from './page-files.ts'
import { emptyQuerySchema, problemSchema } from './schemas.ts'
import { indexSchema } from './schemas-statistics.ts'
import { jsonContentType } from './wire.ts'

export interface Page {
  /** Answers with the page if that is what is wanted at this address. */
  answer(request: FastifyRequest, reply: FastifyReply): FastifyReply | undefined
  addRoutes(app: App): void
}

const securityHeaders = {
  'content-security-policy':
    "default-src 'self'; base-uri 'self'; object-src 'none'; frame-ancestors 'none'; form-action 'self'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'same-origin',
} as const

const assetsPath = 'assets/'

export function buildPage({ pageFolder, version }: Pick<HttpDeps, 'pageFolder' | 'version'>): Page {
  const page = readPageFiles(pageFolder)
  return {
    answer(request, reply) {
      if (request.routeOptions.config.isPage !== true) return undefined
      reply.header('vary', 'accept')
      if (!prefersHtml(request)) return undefined
      if (page === undefined) {
        // At the other addresses there is still the JSON.
        if (request.routeOptions.url !== '/') return undefined
        throw new AppError('not_found', 'the dashboard has not been built: run npm run build; the API is at /docs')
      }
      return reply
        .headers(securityHeaders)
        .header('cache-control', 'no-cache')
        .type('text/html; charset=utf-8')
        .send(page.indexFor(pathToRoot(request)))
    },
    addRoutes(app) {
      addIndexRoute(app, version)
      addAssetsRoute(app, page)
    },
  }
}

function addIndexRoute(app: App, version: string): void {
  app.get('/', {
    config: { produces: jsonContentType, isPage: true },
    schema: {
      tags: ['operations'],
      summary: 'The dashboard for browsers; for programs, where to go on',
      querystring: emptyQuerySchema,
      response: { 200: indexSchema, '4xx': problemSchema, '5xx': problemSchema },
    },
    handler: async () => ({
      name: 'sekali' as const,
      version,
      links: { api: 'openapi.json', docs: 'docs', stats: 'stats' },
    }),
  })
}

function addAssetsRoute(app: App, page: PageFiles | undefined): void {
  app.get<{ Params: { '*': string } }>(`/${assetsPath}*`, {
    schema: { hide: true },
    handler: async (request, reply) => {
      const file = page?.files.get(assetsPath + request.params['*'])
      if (file === undefined) throw new AppError('not_found', 'there is no such file')
      // Their names change with their content.
      reply.headers(securityHeaders).header('cache-control', 'public, max-age=31536000, immutable').type(file.type)
      if (file.gzipped === undefined) return reply.send(file.bytes)
      reply.header('vary', 'accept-encoding')
      if (!new Negotiator(request.raw).encodings().includes('gzip')) return reply.send(file.bytes)
      return reply.header('content-encoding', 'gzip').send(file.gzipped)
    },
  })
}

function prefersHtml({ method, raw }: FastifyRequest): boolean {
  if (method !== 'GET' && method !== 'HEAD') return false
  return new Negotiator(raw).mediaType(['application/json', 'text/html']) === 'text/html'
}

/** Relative, because nobody here knows below which path a proxy shows the server. From the route: a topic may hold slashes. */
function pathToRoot({ routeOptions: { url = '/' } }: FastifyRequest): string {
  return '../'.repeat(url.split('/').length - 2) || './'
}
