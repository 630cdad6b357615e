/** POST /publish: read, parse, hand to the consumer, acknowledge what is durable. */
import { AppError, toAppError } from '../../core/errors.ts'
import { eventLimits } from '../../core/event.ts'
import type { AppendResult } from '../../core/event-store.ts'
import type { PackedEvents } from '../../core/packed-events.ts'
import { ByteBudget } from '../byte-budget.ts'
import { maxBodySilenceMs } from '../connections.ts'
import type { App, HttpDeps } from '../deps.ts'
import { GrowingBytes } from '../growing-bytes.ts'
import { leaveUnread } from '../leave-unread.ts'
import { NdjsonParser, type ParsedLines } from '../ndjson.ts'
import { unsupportedMediaType } from '../problem.ts'
import { parsePublishBody } from '../publish-body.ts'
import { PublishGate } from '../publish-gate.ts'
import { type BodyLimits, bodyTooLarge, identityBytesOf, type RequestBody, withBody } from '../read-body.ts'
import { problemSchema, publishAckSchema, publishBodySchema, publishQuerySchema } from '../schemas.ts'
import { countResults, jsonContentType, publishAckJson } from '../wire.ts'

/** What has arrived of all bodies that were let in, or one body if that is larger; more than the gate knows of was announced by nobody. */
const bodyBudgetBytes = 16 * 1024 * 1024

export function addPublishRoute(app: App, deps: HttpDeps): void {
  const limits: BodyLimits = {
    maxBytes: deps.bodyLimitBytes,
    budget: new ByteBudget({ capacityBytes: bodyBudgetBytes, refusal: 'too many bodies are waiting; try again' }),
    maxSilenceMs: maxBodySilenceMs,
  }
  const gate = new PublishGate()
  // The handler reads the body itself: it may be compressed, and NDJSON is committed while it arrives.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(['application/json', 'application/x-ndjson'], (_, stream, done) => done(null, stream))
  app.post('/publish', {
    config: { produces: jsonContentType, documentedBody: publishBodySchema },
    schema: {
      tags: ['publish'],
      summary: 'Publish events',
      description:
        'One event, an array, or {"events": [...]}; as application/x-ndjson one event a line. Retry as often as you like. ' +
        'Content-Encoding gzip, br, deflate and zstd are accepted. Answered when every event is durable.',
      consumes: ['application/json', 'application/x-ndjson'],
      querystring: publishQuerySchema,
      response: { 202: publishAckSchema, '4xx': problemSchema, '5xx': problemSchema },
    },
    handler: async (request, reply) => {
      const isNdjson = request.headers['content-type']?.toLowerCase().startsWith('application/x-ndjson')
      if (request.headers['content-type'] === undefined) throw unsupportedMediaType()
      const publish = isNdjson ? publishLines : publishDocument
      const declaredBytes = identityBytesOf(request.raw)
      if (declaredBytes > limits.maxBytes) throw bodyTooLarge(limits)
      // Lines are committed as they arrive: a body of them is never there as a whole.
      using _place = await gate.enter(request.raw, isNdjson ? 0 : declaredBytes).catch((refusal) => {
        if (leaveUnread(request.raw)) reply.header('connection', 'close')
        throw refusal
      })
      const results = await withBody(request.raw, limits, (body) => publish(body, deps.consumer))
      return reply
        .code(202)
        .type(jsonContentType)
        .send(publishAckJson(results, request.query.results === 'all'))
    },
  })
}

type Publisher = Pick<HttpDeps['consumer'], 'publish'>

async function publishDocument(body: RequestBody, publisher: Publisher): Promise<readonly AppendResult[]> {
  const received = new GrowingBytes(body.declaredBytes)
  await body.forEachChunk((chunk) => received.add(chunk))
  return publisher.publish(received.use(parsePublishBody), body.bytes)
}

/** Commits the lines of each chunk before it reads the next one. */
async function publishLines(body: RequestBody, publisher: Publisher): Promise<readonly AppendResult[]> {
  const parser = new NdjsonParser()
  const results: AppendResult[] = []
  const publishParsed = async ({ events, bytes, fault }: ParsedLines) => {
    for (const group of groupsOf(events)) {
      const groupBytes = Math.ceil((bytes * group.length) / events.length)
      results.push(...(await publisher.publish(group, groupBytes)))
    }
    if (fault !== undefined) throw fault
  }
  try {
    await body.forEachChunk((chunk) => publishParsed(parser.push(chunk)))
    await publishParsed(parser.end())
    if (results.length === 0) throw new AppError('invalid_event', 'the body has no event')
    return results
  } catch (thrown) {
    const error = toAppError(thrown, 'internal')
    throw new AppError(error.code, error.message, {
      cause: error,
      errors: error.errors,
      extensions: { line: parser.line, ...error.extensions, ...countResults(results) },
    })
  }
}

function* groupsOf(events: PackedEvents): Generator<PackedEvents> {
  for (let at = 0; at < events.length; at += eventLimits.maxBatchEvents) {
    yield events.slice(at, at + eventLimits.maxBatchEvents)
  }
}
