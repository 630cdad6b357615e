/**
 * Brings one batch to the server so that an event which the server refuses takes no other down with it: the refused ones
 * are told apart by the pointers of the problem document, or where it has none by halving, and the rest is sent again.
 */
import { ClientError } from './client-error.ts'
import { type DetailedAck, type PostOptions, type PublishResult, postBatchForResults } from './post-batch.ts'
import type { EncodedEvent } from './published-event.ts'

export interface BatchOutcomes<E> {
  onResult(event: E, result: PublishResult): void
  onError(event: E, error: unknown): void
}

/** Whether the server says this of all events, not of one: a token that is wrong, an address where something else lives. */
export function isOfEveryEvent(error: ClientError): boolean {
  return error.code === 'unexpected_answer' || (error.code === 'refused' && !isOfOneEvent(error))
}

/** Statuses that may be the fault of one event. The others, such as 401 or 404, say that no event will be taken. */
const eventStatuses = [400, 413, 422]

/** Settles every event, in the order given. Never rejects. */
export async function deliverBatch<E extends EncodedEvent>(
  events: readonly E[],
  options: PostOptions,
  outcomes: BatchOutcomes<E>,
): Promise<void> {
  if (events.length === 0) return
  let ack: DetailedAck
  try {
    ack = await postBatchForResults(bodyOf(events), options)
  } catch (thrown) {
    await settleRefused(events, thrown, { options, outcomes })
    return
  }
  for (const [index, event] of events.entries()) {
    const result = ack.results[index]
    if (result !== undefined) outcomes.onResult(event, result)
  }
}

function bodyOf(events: readonly EncodedEvent[]) {
  const body = `{"events":[${events.map(({ text }) => text).join(',')}]}`
  return { contentType: 'application/json', body, events: events.length } as const
}

interface Delivering<E> {
  readonly options: PostOptions
  readonly outcomes: BatchOutcomes<E>
}

async function settleRefused<E extends EncodedEvent>(
  events: readonly E[],
  thrown: unknown,
  { options, outcomes }: Delivering<E>,
): Promise<void> {
  const [only] = events
  const isPartial = thrown instanceof ClientError && isOfOneEvent(thrown)
  const named = isPartial ? refusedByIndex(thrown) : new Map<number, ClientError>()
  if (named.size > 0) {
    for (const [index, error] of named) {
      const event = events[index]
      if (event !== undefined) outcomes.onError(event, error)
    }
    const rest = events.filter((_, index) => !named.has(index))
    // Where a pointer leads nowhere, nothing would get smaller, and there would be no end.
    if (rest.length < events.length) return deliverBatch(rest, options, outcomes)
  }
  if (!isPartial || events.length === 1) {
    const error = isPartial && only !== undefined ? withOwnPointers(thrown) : thrown
    for (const event of events) outcomes.onError(event, error)
    return
  }
  const half = Math.ceil(events.length / 2)
  await deliverBatch(events.slice(0, half), options, outcomes)
  await deliverBatch(events.slice(half), options, outcomes)
}

/** Whether the server refused what may be the fault of one event of the request. */
export function isOfOneEvent({ code, status }: ClientError): boolean {
  return code === 'refused' && status !== undefined && eventStatuses.includes(status)
}

/** Pointers such as `/events/3/timestamp`, by the index in them, as pointers into the event: `/timestamp`. */
function refusedByIndex(error: ClientError): Map<number, ClientError> {
  const faults = new Map<number, { pointer: string; message: string }[]>()
  for (const { pointer, message } of error.problem.errors ?? []) {
    const [, index, rest = ''] = /^\/events\/(\d+)(\/.*)?$/.exec(pointer) ?? []
    if (index === undefined) continue
    const known = faults.get(Number(index)) ?? []
    known.push({ pointer: rest, message })
    faults.set(Number(index), known)
  }
  return new Map([...faults].map(([index, errors]) => [index, refusal(error, errors)]))
}

function withOwnPointers(error: ClientError): ClientError {
  return refusedByIndex(error).get(0) ?? error
}

function refusal(error: ClientError, errors: readonly { pointer: string; message: string }[]): ClientError {
  const [first] = errors
  const { status, requestId, attempts, problem } = error
  const text = `the server refused the event: ${first?.pointer.slice(1) || 'it'} ${first?.message}`
  return new ClientError('refused', text, {
    cause: error,
    status,
    requestId,
    attempts,
    problem: { ...problem, errors },
  })
}
