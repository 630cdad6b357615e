/** `--retry-for`, of commands that wait for a server that is away. */
import { UsageError } from '../app/config.ts'
import { defaultRetryPolicy } from '../client/retry-policy.ts'

/** @throws UsageError when it is not a whole number of seconds. */
export function retryForMs(text: string | undefined): number {
  if (text === undefined) return defaultRetryPolicy.maxStallMs
  if (/^\d{1,6}$/.test(text)) return Number(text) * 1000
  throw new UsageError(`--retry-for must be a whole number of seconds, not "${text}"`)
}
