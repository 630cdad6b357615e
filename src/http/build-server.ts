/** Wires the HTTP server: plugins, hooks, routes. Decides nothing about events. */
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { finished } from 'node:stream/promises'
import fastifyRateLimit from '@fastify/rate-limit'
import fastify, { type FastifyReply, type FastifyRequest, LogController } from 'fastify'
import Negotiator from 'negotiator'
import type { TSchema } from 'typebox'
import { AppError, drainingError, type ErrorCode } from '../core/errors.ts'
import { ByteBudget } from './byte-budget.ts'
import { AnswerBounds, boundConnections, connectionOptions } from './connections.ts'
import type { App, HttpDeps, TypeBoxProvider } from './deps.ts'
import { refuseOtherMethods } from './other-methods.ts'
import { buildPage, type Page } from './page.ts'
import {
  acceptedTypes,
  fromFastifyError,
  problemContentType,
  problemDocument,
  retryAfterSeconds,
  statusByCode,
} from './problem.ts'
import { acceptedEncodings } from './read-body.ts'
import { addDeliveriesRoutes } from './routes/deliveries.ts'
import { addDocs } from './routes/docs.ts'
import { addDuplicateStatisticsRoutes } from './routes/duplicate-statistics.ts'
import { addDuplicatesRoute } from './routes/duplicates.ts'
import { addEventsRoutes } from './routes/events.ts'
import { addHealthRoutes } from './routes/health.ts'
import { addPublishRoute } from './routes/publish.ts'
import { addRatesRoutes } from './routes/rates.ts'
import { addStatsRoutes } from './routes/stats.ts'
import { addStreamRoute } from './routes/stream.ts'
import { addSubscriptionsRoutes } from './routes/subscriptions.ts'
import { addSystemRoute } from './routes/system.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The media type of the route's answers, with its parameters. */
    produces?: string
    /** The media type of the body, where it is not any of those of a publish. */
    consumes?: string
    /** Answers also while draining and beyond the rate limit: what watches the server must reach it. */
    isProbe?: boolean
    /** Browsers get the dashboard here. */
    isPage?: boolean
    /** A body that the handler validates itself: what the API document says of it. */
    documentedBody?: TSchema
  }
}

/** A topic and an event id with every character percent-encoded as four bytes. */
const maxParamChars = 12 * 255
/** All large answers that are being written or wait to be read, or one answer if that is larger. */
const answerBudgetBytes = 128 * 1024 * 1024

export async function buildServer(deps: HttpDeps): Promise<App> {
  const app = fastify({
    loggerInstance: deps.logger,
    logController: new LogController({ disableRequestLogging: true }),
    requestIdHeader: false,
    genReqId: () => crypto.randomUUID(),
    ...connectionOptions,
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: maxParamChars },
    // With strict numbers a maximum is not asked of Infinity, which is what Number makes of 1e400.
    ajv: { customOptions: { removeAdditional: false, coerceTypes: true, allErrors: true, strictNumbers: false } },
    clientErrorHandler: answerMalformedRequest,
    frameworkErrors: (error, request, reply) => sendProblem(fromFastifyError(error), request, reply),
  }).withTypeProvider<TypeBoxProvider>() as App
  app.setErrorHandler((thrown, request, reply) =>
    sendProblem(fromFastifyError(thrown, request.routeOptions.config.consumes), request, reply),
  )
  app.setNotFoundHandler((request, reply) => sendProblem(nothingAt(request), request, reply))
  boundConnections(app.server)
  // RFC 9110, 10.1.1: what is expected beyond 100-continue may be ignored; Node would answer 417 with no body.
  app.server.on('checkExpectation', (request, response) => app.server.emit('request', request, response))
  const page = buildPage(deps)
  addHooks(app, deps, page)
  if (deps.rateLimitPerMinute > 0) await addRateLimit(app, deps.rateLimitPerMinute)
  const methodsByUrl = refuseOtherMethods(app)
  await addDocs(app, deps.version)
  addPublishRoute(app, deps)
  addEventsRoutes(app, deps)
  addStreamRoute(app, deps)
  addDuplicatesRoute(app, deps)
  addSubscriptionsRoutes(app, deps)
  addDeliveriesRoutes(app, deps)
  addDuplicateStatisticsRoutes(app, deps)
  addRatesRoutes(app, deps)
  addStatsRoutes(app, deps)
  addSystemRoute(app, deps)
  addHealthRoutes(app, deps)
  page.addRoutes(app)
  methodsByUrl.refuse()
  return app
}

function addHooks(app: App, deps: HttpDeps, page: Page): void {
  const refusal = 'too many answers are waiting to be read; try again'
  const answers = new AnswerBounds(new ByteBudget({ capacityBytes: answerBudgetBytes, refusal }))
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id)
    if (request.headers.host === undefined && request.raw.httpVersion === '1.1') {
      reply.header('connection', 'close')
      throw new AppError('invalid_request', 'a request in HTTP/1.1 needs the header Host')
    }
    // The router takes a star in front for a slash.
    if (request.url.startsWith('*')) throw nothingAt(request)
    const { produces, isProbe } = request.routeOptions.config
    if (deps.readiness.isDraining && isProbe !== true) throw drainingError()
    const answer = page.answer(request, reply)
    if (answer !== undefined) return answer
    if (produces === undefined || accepts(request, produces)) return
    throw new AppError('not_acceptable', `this address answers ${produces}, which your Accept header excludes`)
  })
  app.addHook('onSend', async (request, reply, body) => {
    answers.count(body, request.raw, reply.raw)
    if (!deps.readiness.isDraining) return
    // Otherwise closing would wait for the client to let go of its idle connection.
    reply.header('connection', 'close')
    // A connection that is closed while the client still sends is reset, and the answer is lost.
    await readRest(request.raw)
  })
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'none'
    deps.metrics.observeRequest(route, request.method, reply.statusCode, reply.elapsedTime / 1000)
  })
}

function nothingAt({ url }: FastifyRequest): AppError {
  return new AppError('not_found', `there is nothing at ${url.slice(0, 200)}`)
}

async function readRest(request: IncomingMessage): Promise<void> {
  if (request.complete) return
  request.resume()
  // A client that has gone needs no answer.
  await finished(request).catch(() => {})
}

function accepts(request: FastifyRequest, produces: string): boolean {
  const { accept } = request.headers
  if (accept === undefined || accept === '' || accept === '*/*') return true
  return new Negotiator(request.raw).mediaType([produces]) !== undefined
}

async function addRateLimit(app: App, perMinute: number): Promise<void> {
  await app.register(fastifyRateLimit, {
    max: perMinute,
    timeWindow: '1 minute',
    allowList: (request) => request.routeOptions.config.isProbe === true,
    errorResponseBuilder: (_, context) =>
      new AppError('rate_limited', `more than ${context.max} requests a minute; try again in ${context.after}`),
  })
}

function sendProblem(error: AppError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const status = statusByCode[error.code]
  if (error.code === 'internal') request.log.error({ err: error.cause, request_id: request.id }, 'a request failed')
  const retryAfter = retryAfterSeconds(error.code)
  if (retryAfter !== undefined) reply.header('retry-after', retryAfter)
  // The rest of the request may still come, and be taken for the next one.
  if (error.code === 'request_timeout') reply.header('connection', 'close')
  // RFC 9110, 12.5.3: Accept-Encoding must not be there when the content coding was not at fault.
  if (error.code === 'unsupported_media_type') {
    reply.header('accept', request.routeOptions.config.consumes ?? acceptedTypes)
  }
  if (error.code === 'unsupported_encoding') reply.header('accept-encoding', acceptedEncodings)
  return reply
    .header('x-request-id', request.id)
    .code(status)
    .type(problemContentType)
    .send(problemDocument(error, request.id))
}

const malformedCodes: Readonly<Record<string, ErrorCode>> = {
  HPE_HEADER_OVERFLOW: 'headers_too_large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
}

/** What the HTTP parser refuses has no request or reply; the connection is in an unknown state and is closed. */
function answerMalformedRequest(error: Error & { code?: string }, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy()
    return
  }
  const code = malformedCodes[error.code ?? ''] ?? 'invalid_request'
  const id = crypto.randomUUID()
  const body = problemDocument(new AppError(code, `the request cannot be read: ${error.message}`), id)
  const retryAfter = retryAfterSeconds(code)
  const headers = [
    `HTTP/1.1 ${statusByCode[code]} ${JSON.parse(body).title}`,
    `Content-Type: ${problemContentType}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    `X-Request-Id: ${id}`,
    'Connection: close',
    ...(retryAfter === undefined ? [] : [`Retry-After: ${retryAfter}`]),
  ]
  socket.end(`${headers.join('\r\n')}\r\n\r\n${body}`)
}
