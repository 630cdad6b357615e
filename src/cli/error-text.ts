/** What went wrong, and what to do about it, in a few lines for whoever typed the command. */
import { ClientError } from '../client/client-error.ts'

/** Faults of one request that are named. */
const maxNamed = 5

export function errorText(thrown: unknown): string {
  if (!(thrown instanceof ClientError)) return thrown instanceof Error ? thrown.message : String(thrown)
  const { code, status, problem, requestId, message } = thrown
  const faults = (problem.errors ?? []).slice(0, maxNamed).map(({ pointer, message }) => `  ${pointer} ${message}`)
  // The server's log has more about it.
  if (status !== undefined && status >= 500 && requestId !== undefined) faults.push(`  request ${requestId}`)
  if (code === 'gave_up' && status === undefined)
    faults.push('  Is it running? "sekali serve" starts one; --url or SEKALI_URL names another.')
  if (status === 401 || status === 403) faults.push('  Give a token with SEKALI_TOKEN or --token.')
  return [message, ...faults].join('\n')
}
