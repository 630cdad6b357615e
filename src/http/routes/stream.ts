/** GET /events/stream: the live tail as server-sent events. */
import { AppError } from '../../core/errors.ts'
import { topicPatternFault, topicPatternLimits } from '../../core/topic-pattern.ts'
import type { App, HttpDeps } from '../deps.ts'
import { problemSchema, streamQuerySchema } from '../schemas.ts'
import { eventStreamContentType, ResponseSink } from '../sse.ts'

const headers = {
  'content-type': eventStreamContentType,
  'cache-control': 'no-store',
  // nginx would hold events back until its buffer is full.
  'x-accel-buffering': 'no',
}

export function addStreamRoute(app: App, { tailHub }: HttpDeps): void {
  app.get('/events/stream', {
    exposeHeadRoute: false,
    config: { produces: eventStreamContentType },
    schema: {
      tags: ['query'],
      summary: 'Live tail: events as they are committed',
      description:
        'Server-sent events in seq order: `id` is the seq, `data` the event as one line of JSON. Last-Event-ID or `after` ' +
        'resumes strictly after a seq, from the past into the live events without a gap; with neither the tail begins now. ' +
        'A reader that is too slow is disconnected and may resume. `event: bye` says that the server stops.',
      produces: ['text/event-stream'],
      querystring: streamQuerySchema,
      headers: {
        type: 'object',
        properties: { 'last-event-id': { type: 'string', description: 'A seq; goes before `after`.' } },
      },
      response: { '4xx': problemSchema, '5xx': problemSchema },
    },
    handler: (request, reply) => {
      const topics = [request.query.topic ?? []].flat()
      requirePatterns(topics)
      const after =
        parseSeq('last-event-id', request.headers['last-event-id']) ?? parseSeq('after', request.query.after)
      tailHub.requireRoom()
      reply.hijack()
      const position = after === undefined ? tailHub.lastSeq : undefined
      const sink = new ResponseSink(reply.raw, { headers: { ...headers, 'x-request-id': request.id }, position })
      const leave = tailHub.tail(sink, { filter: { topics, source: request.query.source }, after })
      reply.raw.on('close', leave)
    },
  })
}

function requirePatterns(topics: readonly string[]): void {
  if (topics.length > topicPatternLimits.maxPatterns) {
    throw invalid('topic', `may be given ${topicPatternLimits.maxPatterns} times`)
  }
  for (const topic of topics) {
    const fault = topicPatternFault(topic)
    if (fault !== undefined) throw invalid('topic', fault)
  }
}

function parseSeq(name: string, value: string | readonly string[] | undefined): number | undefined {
  // A client that has seen no event yet sends no id, or an empty one.
  if (value === undefined || value === '') return undefined
  const seq = /^\d{1,16}$/.test(String(value)) ? Number(value) : Number.NaN
  if (Number.isSafeInteger(seq)) return seq
  throw invalid(name, 'must be a seq: a whole number from 0')
}

function invalid(name: string, message: string): AppError {
  return new AppError('invalid_query', `${name} ${message}`, { errors: [{ pointer: `/${name}`, message }] })
}
