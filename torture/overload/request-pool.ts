/**
 * Requests that are made once and sent over and over: a generator that has one core cannot make a gigabyte of new text a
 * second. One that was refused is sent again as it is, one that was acknowledged gets new ids in the same bytes.
 */

export interface RequestShape {
  readonly events: number
  readonly payloadBytes: number
}

export interface PooledRequest {
  readonly shape: RequestShape
  /** Head and body. */
  readonly bytes: Buffer
  /** Its place among all requests of the pool; the ids of its events are made from it. */
  number: number
}

export interface RequestPoolOptions {
  readonly url: URL
  /** One for each pool of a store. */
  readonly topic: string
  readonly shape: RequestShape
}

const numberDigits = 8
const placeholder = '#'.repeat(numberDigits)
const timestamp = '2026-01-01T00:00:00.000Z'

export class RequestPool {
  readonly shape: RequestShape
  readonly #template: Buffer
  /** Where the number stands, once an event. */
  readonly #places: readonly number[]
  readonly #ready: PooledRequest[] = []
  #next = 0

  constructor({ url, topic, shape }: RequestPoolOptions) {
    this.shape = shape
    const text = 'x'.repeat(Math.max(1, shape.payloadBytes - '{"text":""}'.length))
    const events = Array.from({ length: shape.events }, (_, index) =>
      JSON.stringify({
        topic,
        event_id: `${placeholder}-${index}`,
        timestamp,
        source: 'overload',
        payload: { text },
      }),
    )
    const body = `{"events":[${events.join(',')}]}`
    const head = `POST ${url.pathname} HTTP/1.1\r\nhost: ${url.host}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`
    this.#template = Buffer.from(head + body, 'latin1')
    this.#places = [...(head + body).matchAll(new RegExp(placeholder, 'g'))].map(({ index }) => index)
  }

  /** One that was refused before, or else a new one. */
  take(): PooledRequest {
    return this.#ready.pop() ?? this.make(this.#next++)
  }

  /** The request of this number, as it was. */
  make(number: number): PooledRequest {
    const request = { shape: this.shape, bytes: Buffer.from(this.#template), number }
    this.#stamp(request)
    return request
  }

  /** Nothing of it was stored: it is sent again as it is. */
  giveBackRefused(request: PooledRequest): void {
    this.#ready.push(request)
  }

  /** Its bytes become another request. The server must have read them all. */
  giveBackAcknowledged(request: PooledRequest): void {
    request.number = this.#next++
    this.#stamp(request)
    this.#ready.push(request)
  }

  #stamp({ bytes, number }: PooledRequest): void {
    const digits = String(number).padStart(numberDigits, '0')
    for (const place of this.#places) bytes.write(digits, place, 'latin1')
  }
}
