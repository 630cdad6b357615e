/** `--retry-for`, of commands that wait for a server that is away. */
import { defaultRetryPolicy } from '../client/retry-policy.ts'
import { secondsToMs } from './option-values.ts'

/** @throws UsageError when it is not a number of seconds. */
export function retryForMs(text: string | undefined): number {
  if (text === undefined) return defaultRetryPolicy.maxStallMs
  return secondsToMs('--retry-for', text)
}
