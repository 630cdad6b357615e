/** Pull, ack, nack and extend: the deliveries of a subscription. */
import type { ServerResponse } from 'node:http'
import type { DeliveryCommand } from '../../core/subscription-store.ts'
import type { App, HttpDeps } from '../deps.ts'
import { jsonBody, jsonMediaType } from '../json-body.ts'
import { problemSchema } from '../schemas.ts'
import {
  ackBodySchema,
  ackSchema,
  deliveriesSchema,
  deliveryDefaults,
  extendSchema,
  nackBodySchema,
  nackSchema,
  pullBodySchema,
  subscriptionParamsSchema,
} from '../schemas-subscriptions.ts'
import { jsonContentType } from '../wire.ts'
import { deliveriesJson, settledWire } from '../wire-subscriptions.ts'
import { found } from './subscriptions.ts'

type DeliveryDeps = Pick<HttpDeps, 'deliveries' | 'subscriptions'>

const pullBody = jsonBody(pullBodySchema)
const ackBody = jsonBody(ackBodySchema)
const nackBody = jsonBody(nackBodySchema)
const problems = { '4xx': problemSchema, '5xx': problemSchema }
const tags = ['subscriptions']
const params = subscriptionParamsSchema

export function addDeliveriesRoutes(app: App, deps: DeliveryDeps): void {
  addPullRoute(app, deps)
  app.post('/subscriptions/:name/ack', {
    config: { produces: jsonContentType, consumes: jsonMediaType, documentedBody: ackBodySchema },
    schema: {
      tags,
      summary: 'Deliveries that are done with',
      description: 'Idempotent, and durable when answered. A lease that ran out is refused, the others are acked.',
      params,
      response: { 200: ackSchema, ...problems },
    },
    handler: async (request) => {
      const { leases } = await ackBody.read(request)
      const name = request.params.name
      const { done, refused } = await settle(deps, leases, (leaseToken) => ({ kind: 'ack', name, leaseToken }))
      return { acked: done, refused }
    },
  })
  app.post('/subscriptions/:name/nack', {
    config: { produces: jsonContentType, consumes: jsonMediaType, documentedBody: nackBodySchema },
    schema: {
      tags,
      summary: 'Deliveries to be made again, now or after a delay',
      params,
      response: { 200: nackSchema, ...problems },
    },
    handler: async (request) => {
      const { leases, delay_ms: delayMs = deliveryDefaults.delayMs, reason = '' } = await nackBody.read(request)
      const nack = { kind: 'nack', name: request.params.name, delayMs, reason: reason.toWellFormed() } as const
      const { done, refused } = await settle(deps, leases, (leaseToken) => ({ ...nack, leaseToken }))
      return { nacked: done, refused }
    },
  })
  app.post('/subscriptions/:name/extend', {
    config: { produces: jsonContentType, consumes: jsonMediaType, documentedBody: ackBodySchema },
    schema: {
      tags,
      summary: 'Another full lease from now, for work that takes longer',
      params,
      response: { 200: extendSchema, ...problems },
    },
    handler: async (request) => {
      const { leases } = await ackBody.read(request)
      const name = request.params.name
      const { done, refused } = await settle(deps, leases, (leaseToken) => ({ kind: 'extend', name, leaseToken }))
      return { extended: done, refused }
    },
  })
}

function addPullRoute(app: App, { deliveries }: DeliveryDeps): void {
  app.post('/subscriptions/:name/pull', {
    config: { produces: jsonContentType, consumes: jsonMediaType, documentedBody: pullBodySchema },
    schema: {
      tags,
      summary: 'Lease events',
      description: 'A long poll: answered as soon as there is an event, empty when the wait is over.',
      params,
      response: { 200: deliveriesSchema, ...problems },
    },
    handler: async (request, reply) => {
      const signal = goneSignal(reply.raw)
      const { max, wait_ms } = await pullBody.read(request)
      const leased = await deliveries.pull({
        name: request.params.name,
        maxEvents: max ?? deliveryDefaults.pullEvents,
        waitMs: wait_ms ?? deliveryDefaults.waitMs,
        signal,
      })
      return reply.type(jsonContentType).send(deliveriesJson(found(leased)))
    },
  })
}

/** Aborts when the client has hung up, or after its answer. */
function goneSignal(response: ServerResponse): AbortSignal {
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  if (response.destroyed) gone.abort()
  return gone.signal
}

async function settle(
  { deliveries, subscriptions }: DeliveryDeps,
  leases: readonly string[],
  command: (leaseToken: string) => DeliveryCommand,
) {
  const outcomes = await deliveries.settle(leases.map(command))
  const [first] = leases
  // Only then may there be no such subscription; otherwise asking would cost every ack a look.
  if (first !== undefined && outcomes.every((outcome) => outcome === 'unknown')) {
    found(await subscriptions.find(command(first).name))
  }
  return settledWire(leases, outcomes)
}
