/** Signs what is pushed, after Standard Webhooks 1.0 (symmetric, `v1`). */
import { createHmac } from 'node:crypto'

const secretPrefix = 'whsec_'
/** As the specification recommends. */
const secretLimits = { minBytes: 24, maxBytes: 64 } as const

export interface SignedMessage {
  /** The same on every retry of the same message. */
  readonly id: string
  readonly timestampSeconds: number
  readonly body: string
}

/** What is wrong with a secret, in words that follow its name and do not repeat it; undefined when nothing is. */
export function webhookSecretFault(secret: string): string | undefined {
  const { minBytes, maxBytes } = secretLimits
  const bytes = secretBytes(secret)
  if (bytes !== undefined && bytes.length >= minBytes && bytes.length <= maxBytes) return undefined
  return `must be ${secretPrefix} and ${minBytes} to ${maxBytes} bytes in base64`
}

/** @param secret one without a fault. */
export function webhookHeaders(secret: string, message: SignedMessage): Readonly<Record<string, string>> {
  const { id, timestampSeconds, body } = message
  const signature = createHmac('sha256', secretBytes(secret) ?? '')
    .update(`${id}.${timestampSeconds}.${body}`)
    .digest('base64')
  return {
    'webhook-id': id,
    'webhook-timestamp': String(timestampSeconds),
    'webhook-signature': `v1,${signature}`,
  }
}

function secretBytes(secret: string): Buffer | undefined {
  if (!secret.startsWith(secretPrefix)) return undefined
  const text = secret.slice(secretPrefix.length)
  const bytes = Buffer.from(text, 'base64')
  // Node skips what is not base64; then the other side, which may not, would have another secret.
  return bytes.toString('base64').replace(/=+$/, '') === text.replace(/=+$/, '') ? bytes : undefined
}
