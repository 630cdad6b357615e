/**
 * The entry `sekali/webhook`, for those who receive pushes: whether a request was signed by the server that has the secret,
 * and lately.
 *
 * @module sekali/webhook
 */
import { createHmac, timingSafeEqual } from 'node:crypto'

/** As Node's `IncomingMessage.headers` has them, or a `Headers` of the Fetch API. */
export type WebhookHeaderSource = Headers | Readonly<Record<string, string | readonly string[] | undefined>>

/** The clock, and how far it may be wrong. */
export interface VerifyWebhookOptions {
  /** Milliseconds since the Unix epoch; the clock of this machine unless given. */
  readonly nowMs?: number
  /** How far the signature's time may be from now, in either direction; 300 unless given. */
  readonly toleranceSeconds?: number
}

/**
 * Verifies a request after Standard Webhooks (symmetric, `v1`). Refuse the request when this is false.
 *
 * ```ts
 * import { verifyWebhook } from 'sekali/webhook'
 *
 * if (!verifyWebhook(secret, request.headers, body)) return answer(401)
 * for (const { event } of JSON.parse(body).deliveries) store(event)   // once per (topic, event_id): pushes repeat
 * return answer(204)                                                  // 2xx acks all of them
 * ```
 *
 * A push whose answer was lost comes again with the same `webhook-id`, or in another batch with another. So it is the pair
 * (`topic`, `event_id`) that says what was seen, not the `webhook-id`.
 *
 * @param secret `whsec_` and base64, as the subscription was created with.
 * @param headers of the request; several signatures in one header are each tried, so that a secret can be rotated.
 * @param body exactly as it was received: parsing it and writing it again changes it.
 * @returns whether one of the signatures is right and its time within the tolerance, which is 5 minutes unless given.
 */
export function verifyWebhook(
  secret: string,
  headers: WebhookHeaderSource,
  body: string | Uint8Array,
  options: VerifyWebhookOptions = {},
): boolean {
  const { nowMs = Date.now(), toleranceSeconds = 300 } = options
  const id = headerOf(headers, 'webhook-id')
  const timestamp = headerOf(headers, 'webhook-timestamp')
  const signatures = headerOf(headers, 'webhook-signature')
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
  // Without a key anybody could have signed.
  if (!id || !signatures || key.length === 0 || !/^\d{1,15}$/.test(timestamp)) return false
  if (Math.abs(nowMs / 1000 - Number(timestamp)) > toleranceSeconds) return false
  const expected = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest()
  let isRight = false
  for (const part of signatures.split(' ')) {
    const [version, signature = ''] = part.split(',')
    const given = Buffer.from(signature, 'base64')
    if (version === 'v1' && given.length === expected.length && timingSafeEqual(given, expected)) isRight = true
  }
  return isRight
}

function headerOf(headers: WebhookHeaderSource, name: string): string {
  const value = headers instanceof Headers ? headers.get(name) : headers[name]
  return typeof value === 'string' ? value : ''
}
