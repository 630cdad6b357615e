/**
 * Lease tokens: each names one lease of one event, and nobody can make one up. A token carries what it says and a code
 * over it, so that a store can tell a token that it gave without keeping anything of what is acked.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

export interface Lease {
  /** Of the subscription when the lease was given; a seek begins another. */
  readonly epoch: number
  readonly seq: number
  /** Counts the leases of this event in this epoch: 1 for the first. */
  readonly fence: number
}

const secretBytes = 32
/** Of the code; as many random bits nobody guesses. */
const codeBytes = 16
const maxTokenChars = 100

/** One for each subscription, for all its life: it tells its tokens from those of any other. */
export function newLeaseSecret(): Uint8Array {
  return randomBytes(secretBytes)
}

export function leaseToken(secret: Uint8Array, { epoch, seq, fence }: Lease): string {
  const text = `${epoch.toString(36)}.${seq.toString(36)}.${fence.toString(36)}`
  const code = createHmac('sha256', secret).update(text).digest().subarray(0, codeBytes)
  return `${text}.${code.toString('base64url')}`
}

/** The lease that a token names; undefined when it was not made with this secret. */
export function parseLeaseToken(secret: Uint8Array, token: string): Lease | undefined {
  if (token.length > maxTokenChars) return undefined
  const [epoch = Number.NaN, seq = Number.NaN, fence = Number.NaN] = token.split('.').map((part) => parseInt(part, 36))
  const lease = { epoch, seq, fence }
  const [expected, given] = [leaseToken(secret, lease), token].map((text) => Buffer.from(text))
  // In the same time wherever they differ: a code must not be guessed byte by byte.
  const isOurs = expected !== undefined && given?.length === expected.length && timingSafeEqual(expected, given)
  return isOurs ? lease : undefined
}
