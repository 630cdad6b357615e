/** One reading of the server's counters. */
import type { StatsAnswer } from '../http/wire-types.ts'
import { ask, objectWith } from './ask-server.ts'
import type { ServerAddress } from './server-options.ts'

export interface StatsReading {
  /** As the server sent it, on one line. */
  readonly text: string
  readonly stats: StatsAnswer
}

/** Reads what GET /stats answers. */
export const statsIn = objectWith<StatsAnswer>('unique_processed', 'store')

/** @throws ClientError; the signal's reason once it is aborted. */
export async function readStats(server: ServerAddress, signal?: AbortSignal): Promise<StatsReading> {
  return ask(server, { path: 'stats', signal }, (text) => ({ text: text.trim(), stats: statsIn(text) }))
}

export function addsUp({ received, unique_processed: unique, duplicate_dropped: duplicates }: StatsAnswer): boolean {
  return received === unique + duplicates
}
