/** /subscriptions: durable places in the log, to be looked at and changed. Deliveries are deliveries.ts's. */
import { parseDeadLetterCursor } from '../../core/cursor.ts'
import { AppError } from '../../core/errors.ts'
import { storeLimits } from '../../core/event-store.ts'
import { subscriptionLimits } from '../../core/subscription.ts'
import type { App, HttpDeps } from '../deps.ts'
import { jsonBody, jsonMediaType } from '../json-body.ts'
import { parseCursor } from '../query-parameters.ts'
import { emptyQuerySchema, problemSchema } from '../schemas.ts'
import {
  createBodySchema,
  deadLetterPageSchema,
  deadLettersQuerySchema,
  redriveBodySchema,
  redriveSchema,
  seekBodySchema,
  subscriptionListSchema,
  subscriptionParamsSchema,
  subscriptionSchema,
} from '../schemas-subscriptions.ts'
import { jsonContentType } from '../wire.ts'
import { deadLetterPageJson, parseNewSubscription, parseSeek, subscriptionWire } from '../wire-subscriptions.ts'
import { defaultLimit } from './events.ts'

const createBody = jsonBody(createBodySchema)
const seekBody = jsonBody(seekBodySchema)
const redriveBody = jsonBody(redriveBodySchema)
const problems = { '4xx': problemSchema, '5xx': problemSchema }
const tags = ['subscriptions']

export function addSubscriptionsRoutes(app: App, deps: Pick<HttpDeps, 'subscriptions' | 'clock'>): void {
  addSettingsRoutes(app, deps)
  addReplayRoutes(app, deps)
}

function addSettingsRoutes(app: App, { subscriptions, clock }: Pick<HttpDeps, 'subscriptions' | 'clock'>): void {
  const stateOf = async (name: string) => subscriptionWire(found(await subscriptions.find(name)), clock.nowMs())
  app.put('/subscriptions/:name', {
    config: { produces: jsonContentType, consumes: jsonMediaType, documentedBody: createBodySchema },
    schema: {
      tags,
      summary: 'Create a subscription',
      description:
        'Idempotent: 200 when it is there with these settings, 409 when with others. Starts at "latest" unless told.',
      params: subscriptionParamsSchema,
      response: { 200: subscriptionSchema, 201: subscriptionSchema, ...problems },
    },
    handler: async (request, reply) => {
      const { name } = request.params
      const body = await createBody.read(request)
      const { settings, start } = parseNewSubscription(name, body, (url) => subscriptions.pushUrlFault(url))
      const outcome = await subscriptions.create(name, settings, start)
      if (outcome === 'differs') {
        throw new AppError('subscription_exists', 'there is a subscription of this name with other settings')
      }
      if (outcome === 'too_many') {
        const { maxSubscriptions } = subscriptionLimits
        throw new AppError('too_many_subscriptions', `there are ${maxSubscriptions} subscriptions; delete one first`)
      }
      return reply.code(outcome === 'created' ? 201 : 200).send(await stateOf(name))
    },
  })
  app.get('/subscriptions', {
    config: { produces: jsonContentType, isPage: true },
    schema: {
      tags,
      summary: 'All subscriptions, by name',
      querystring: emptyQuerySchema,
      response: { 200: subscriptionListSchema, ...problems },
    },
    handler: async () => {
      const states = await subscriptions.list()
      return { subscriptions: states.map((state) => subscriptionWire(state, clock.nowMs())) }
    },
  })
  app.get('/subscriptions/:name', {
    config: { produces: jsonContentType, isPage: true },
    schema: {
      tags,
      summary: 'One subscription: where it is, and how far behind',
      description: 'Looking changes nothing.',
      params: subscriptionParamsSchema,
      querystring: emptyQuerySchema,
      response: { 200: subscriptionSchema, ...problems },
    },
    handler: async ({ params }) => stateOf(params.name),
  })
  app.delete('/subscriptions/:name', {
    schema: {
      tags,
      summary: 'Remove a subscription, with its dead letters',
      params: subscriptionParamsSchema,
      response: { 204: { type: 'null', description: 'It is gone.' }, ...problems },
    },
    handler: async ({ params }, reply) => {
      found(await subscriptions.remove(params.name))
      return reply.code(204).send()
    },
  })
}

function addReplayRoutes(app: App, { subscriptions, clock }: Pick<HttpDeps, 'subscriptions' | 'clock'>): void {
  const stateOf = async (name: string) => subscriptionWire(found(await subscriptions.find(name)), clock.nowMs())
  app.post('/subscriptions/:name/seek', {
    config: { produces: jsonContentType, consumes: jsonMediaType, documentedBody: seekBodySchema },
    schema: {
      tags,
      summary: 'Go to another place in the log',
      description: 'Everything after it is delivered again, from attempt 1. Leases given before are void.',
      params: subscriptionParamsSchema,
      response: { 200: subscriptionSchema, ...problems },
    },
    handler: async (request) => {
      const start = parseSeek(await seekBody.read(request))
      found(await subscriptions.seek(request.params.name, start))
      return stateOf(request.params.name)
    },
  })
  app.post('/subscriptions/:name/resume', {
    config: { produces: jsonContentType },
    schema: {
      tags,
      summary: 'Push again what was paused',
      description: 'Push pauses when the receiver answers 410, and after 24 hours of nothing but failures.',
      params: subscriptionParamsSchema,
      response: { 200: subscriptionSchema, ...problems },
    },
    handler: async ({ params }) => {
      found(await subscriptions.resume(params.name))
      return stateOf(params.name)
    },
  })
  app.get('/subscriptions/:name/dead-letters', {
    config: { produces: jsonContentType },
    schema: {
      tags,
      summary: 'What was given up, by seq',
      description: `The last ${subscriptionLimits.maxDeadLetters} of a subscription are on record.`,
      params: subscriptionParamsSchema,
      querystring: deadLettersQuerySchema,
      response: { 200: deadLetterPageSchema, ...problems },
    },
    handler: async ({ params, query }, reply) => {
      const page = await subscriptions.readDeadLetters({
        name: params.name,
        limit: Math.min(query.limit ?? defaultLimit, storeLimits.maxPageEvents),
        afterSeq: parseCursor(query.cursor, parseDeadLetterCursor) ?? 0,
      })
      return reply.type(jsonContentType).send(deadLetterPageJson(found(page)))
    },
  })
  app.post('/subscriptions/:name/dead-letters/redrive', {
    config: { produces: jsonContentType, consumes: jsonMediaType, documentedBody: redriveBodySchema },
    schema: {
      tags,
      summary: 'Deliver dead letters again, from attempt 1',
      params: subscriptionParamsSchema,
      response: { 200: redriveSchema, ...problems },
    },
    handler: async (request) => {
      const { seqs } = await redriveBody.read(request)
      return { redriven: found(await subscriptions.redrive(request.params.name, seqs)) }
    },
  })
}

/** @throws AppError `not_found` for what the pipeline says is not there. */
export function found<T>(value: T | undefined): T {
  if (value === undefined) throw new AppError('not_found', 'there is no subscription of this name')
  return value
}
