/** What became of the requests of a load. */
import type { Answer } from '../../src/cli/bench-connection.ts'
import { Latencies } from '../../src/cli/bench-latencies.ts'
import type { PooledRequest, RequestPool } from './request-pool.ts'

/** A request that was acknowledged, to be made again from its pool. */
export interface Acknowledged {
  readonly pool: RequestPool
  readonly number: number
}

export class LoadTally {
  requests = 0
  acknowledgedEvents = 0
  /** In requests that got no answer: stored or not. */
  unknownEvents = 0
  refusedRequests = 0
  /** That were due while every connection waited for its answer; never sent. */
  unsentRequests = 0
  readonly acknowledged: Acknowledged[] = []
  /** From sending to the answer. */
  readonly acceptedLatencies = new Latencies()
  readonly refusedLatencies = new Latencies()
  /** Answers and ends of connections that nobody promised, with how often they came. */
  readonly unexpected = new Map<string, number>()

  countAnswer(pool: RequestPool, request: PooledRequest, { answer, ms }: { answer: Answer; ms: number }): void {
    this.requests++
    if (answer.status === 202) {
      this.acceptedLatencies.record(ms)
      this.acknowledgedEvents += request.shape.events
      this.acknowledged.push({ pool, number: request.number })
      pool.giveBackAcknowledged(request)
      return
    }
    this.refusedRequests++
    this.refusedLatencies.record(ms)
    this.#noteRefusal(answer)
    pool.giveBackRefused(request)
  }

  countLoss(request: PooledRequest, reason: string): void {
    this.requests++
    this.unknownEvents += request.shape.events
    this.note(reason)
  }

  note(what: string): void {
    this.unexpected.set(what, (this.unexpected.get(what) ?? 0) + 1)
  }

  #noteRefusal({ status, retryAfterSeconds, body }: Answer): void {
    if (status !== 503 && status !== 429) this.note(`answered ${status} ${body.slice(0, 200)}`)
    else if (!(retryAfterSeconds >= 1)) this.note(`${status} without Retry-After`)
    else if (!/"code":"[a-z_]+"/.test(body))
      this.note(`${status} with a body that is no problem document: ${body.slice(0, 200)}`)
  }
}
