/** What went wrong, and what to do about it, in a few lines for whoever typed the command. */
import { ClientError } from '../client/client-error.ts'
import { isOtherServer } from './exit-code.ts'
import { printable } from './output.ts'

/** Faults of one request that are named. */
const maxNamed = 5

/** What comes from a server is shown as it is written: it cannot move the cursor. */
export function errorText(thrown: unknown): string {
  return plainText(thrown).split('\n').map(printable).join('\n')
}

function plainText(thrown: unknown): string {
  if (!(thrown instanceof ClientError)) return thrown instanceof Error ? thrown.message : String(thrown)
  const { code, status, problem, requestId, message } = thrown
  const faults = (problem.errors ?? []).slice(0, maxNamed).map(({ pointer, message }) => `  ${pointer} ${message}`)
  // The server's log has more about it.
  if (status !== undefined && status >= 500 && requestId !== undefined) faults.push(`  request ${requestId}`)
  if (code === 'gave_up' && status === undefined)
    faults.push('  Is it running? "sekali serve" starts one; --url or SEKALI_URL names another.')
  if (status === 401 || status === 403) faults.push('  Give a token with SEKALI_TOKEN or --token.')
  if (isOtherServer(thrown))
    faults.push('  Look at the port and the path of --url: is it a Sekali server that answers there?')
  return [message, ...faults].join('\n')
}
