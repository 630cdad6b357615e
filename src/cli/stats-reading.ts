/** One reading of the server's counters. */
import type { StatsAnswer } from '../http/wire-types.ts'
import { askForText, notSekali, parseAnswer } from './ask-server.ts'
import type { ServerAddress } from './server-options.ts'

export interface StatsReading {
  /** As the server sent it, on one line. */
  readonly text: string
  readonly stats: StatsAnswer
}

const path = 'stats'

/** @throws ClientError; the signal's reason once it is aborted. */
export async function readStats(server: ServerAddress, signal?: AbortSignal): Promise<StatsReading> {
  const text = (await askForText(server, { path, signal })).trim()
  const stats = parseAnswer<StatsAnswer>(server, path, text)
  if (typeof stats?.unique_processed !== 'number') throw notSekali(server, path, 'has no counters')
  return { text, stats }
}

export function addsUp({ received, unique_processed: unique, duplicate_dropped: duplicates }: StatsAnswer): boolean {
  return received === unique + duplicates
}
