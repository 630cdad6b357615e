/** Request bodies: decompressed, bounded one by one and all together, decoded strictly. */
import type { IncomingMessage } from 'node:http'
import type { Readable, Transform } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib'
import { AppError } from '../core/errors.ts'
import type { ByteBudget } from './byte-budget.ts'

/** What follows the compressed stream would vanish; gzip, which may have several members, refuses by itself what is none. */
const noRest = { rejectGarbageAfterEnd: true }

const decoders: Readonly<Record<string, () => Transform>> = {
  gzip: () => createGunzip(),
  'x-gzip': () => createGunzip(),
  deflate: () => createInflate(noRest),
  br: () => createBrotliDecompress(noRest),
  zstd: () => createZstdDecompress(noRest),
}

export const acceptedEncodings = 'gzip, br, deflate, zstd'

export interface BodyLimits {
  /** Of one body, inflated. */
  readonly maxBytes: number
  /** Shared by all bodies, from their first byte until `withBody` ends. */
  readonly budget: ByteBudget
  /** How long nothing may come of a body that is not held up by its reader. */
  readonly maxSilenceMs: number
}

export interface RequestBody {
  /** Inflated bytes that were read so far. */
  readonly bytes: number
  /** What the client says the body has; 0 when it does not, or when the body is compressed. */
  readonly declaredBytes: number
  /**
   * Hands the inflated body over, chunk by chunk; reads on when the promise that `onChunk` returned has resolved.
   * The rest of a refused body is read and dropped, so that the client gets to see the answer.
   *
   * @throws AppError `body_too_large`, `invalid_encoding`, `unsupported_encoding`, `queue_full`, `request_timeout`,
   *   `invalid_request` when the connection closed, or what `onChunk` threw.
   */
  forEachChunk(onChunk: (chunk: Buffer) => void | Promise<void>): Promise<void>
}

/** What the client says the body has; 0 when it does not, or when the body is compressed. */
export function identityBytesOf(request: IncomingMessage): number {
  return encodingOf(request) === 'identity' ? declaredBytesOf(request) : 0
}

/** The only way to a body: what it takes of the budget is given back when `use` has ended, in whatever way. */
export async function withBody<T>(
  request: IncomingMessage,
  limits: BodyLimits,
  use: (body: RequestBody) => Promise<T>,
): Promise<T> {
  using held = limits.budget.hold()
  return await use({
    get bytes() {
      return held.bytes
    },
    declaredBytes: identityBytesOf(request),
    forEachChunk: (onChunk) =>
      readBody(request, limits, (chunk) => {
        if (held.bytes + chunk.length > limits.maxBytes) throw bodyTooLarge(limits)
        held.add(chunk.length)
        return onChunk(chunk)
      }),
  })
}

async function readBody(
  request: IncomingMessage,
  limits: BodyLimits,
  onChunk: (chunk: Buffer) => void | Promise<void>,
): Promise<void> {
  const encoding = encodingOf(request)
  try {
    if (encoding === 'identity' && declaredBytesOf(request) > limits.maxBytes) throw bodyTooLarge(limits)
    const stream = encoding === 'identity' ? request : request.pipe(openDecoder(encoding))
    await forEachChunk({ request, stream, maxSilenceMs: limits.maxSilenceMs }, onChunk)
  } catch (thrown) {
    request.unpipe()
    request.resume()
    throw thrown
  }
}

function declaredBytesOf(request: IncomingMessage): number {
  return Number(request.headers['content-length'] ?? 0)
}

function encodingOf(request: IncomingMessage): string {
  return request.headers['content-encoding']?.trim().toLowerCase() ?? 'identity'
}

function openDecoder(encoding: string): Transform {
  const open = Object.hasOwn(decoders, encoding) ? decoders[encoding] : undefined
  if (open !== undefined) return open()
  throw new AppError('unsupported_encoding', `Content-Encoding ${encoding} is not one of ${acceptedEncodings}`)
}

interface OpenBody {
  readonly request: IncomingMessage
  /** The request, inflated. */
  readonly stream: Readable
  readonly maxSilenceMs: number
}

/** Events rather than an async iterator: leaving an iterator early would destroy the socket before the answer. */
function forEachChunk(
  { request, stream, maxSilenceMs }: OpenBody,
  onChunk: (chunk: Buffer) => void | Promise<void>,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let isDone = false
    let pending: Promise<void> | undefined
    const silence = new Silence(maxSilenceMs, () => fail(tooSlow(maxSilenceMs)))
    const finish = (settle: () => void) => {
      if (isDone) return
      isDone = true
      silence.stop()
      if (stream !== request) stream.destroy()
      settle()
    }
    const fail = (thrown: unknown) => finish(() => reject(thrown))
    const waitForMore = () => {
      silence.stop()
      // While a chunk is waiting it is we who hold the body up.
      if (!isDone && pending === undefined) silence.start()
    }
    const goOn = () => {
      pending = undefined
      waitForMore()
      if (!isDone) stream.resume()
    }
    waitForMore()
    stream.on('data', (chunk: Buffer) => {
      if (isDone) return
      try {
        const waiting = onChunk(chunk)
        if (waiting === undefined) return
        stream.pause()
        pending = waiting.then(goOn)
        silence.stop()
        pending.catch(fail)
      } catch (thrown) {
        fail(thrown)
      }
    })
    // Of the request: what arrives compressed need not inflate to anything yet.
    request.on('data', waitForMore)
    // A paused stream still ends or fails: the last chunk may not be done with, and what it stored must be counted.
    const finishAfterChunk = (settle: () => void) => {
      if (pending === undefined) finish(settle)
      else pending.then(() => finish(settle), fail)
    }
    stream.on('end', () => finishAfterChunk(resolve))
    stream.on('error', (error) => {
      const fault = new AppError('invalid_encoding', `the body cannot be read: ${error.message}`)
      finishAfterChunk(() => reject(fault))
    })
    request.on('close', () => {
      if (!request.complete) fail(new AppError('invalid_request', 'the connection was closed before the body ended'))
    })
  })
}

/** The time since something came. */
class Silence {
  readonly #maxMs: number
  readonly #onEnd: () => void
  #timer: NodeJS.Timeout | undefined
  #lastLook: NodeJS.Immediate | undefined

  constructor(maxMs: number, onEnd: () => void) {
    this.#maxMs = maxMs
    this.#onEnd = onEnd
  }

  start(): void {
    this.#timer = setTimeout(() => {
      // A process that stood still finds its timers due before it sees what came meanwhile.
      this.#lastLook = setImmediate(this.#onEnd)
    }, this.#maxMs)
  }

  stop(): void {
    clearTimeout(this.#timer)
    clearImmediate(this.#lastLook)
  }
}

function tooSlow(silenceMs: number): AppError {
  return new AppError('request_timeout', `nothing more of the body has come for ${silenceMs / 1000} s`)
}

export function bodyTooLarge(limits: BodyLimits): AppError {
  return new AppError('body_too_large', `the body is larger than ${limits.maxBytes} bytes`)
}
