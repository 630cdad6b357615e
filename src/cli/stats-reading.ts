/** One reading of the server's counters. */
import type { StatsAnswer } from '../http/wire-types.ts'
import { ask, objectWith, type Question } from './ask-server.ts'
import type { ServerAddress } from './server-options.ts'

export interface StatsReading {
  /** As the server sent it, on one line. */
  readonly text: string
  readonly stats: StatsAnswer
}

const statsIn = objectWith<StatsAnswer>('unique_processed', 'store')
const storeIn = objectWith<Pick<StatsAnswer, 'store'>>('store')

/** Where the log ends now. @throws as `ask`. */
export async function readLastSeq(server: ServerAddress, question: Omit<Question, 'path'>): Promise<number> {
  const { store } = await ask(server, { ...question, path: 'stats' }, storeIn)
  return store.last_seq
}

/** @throws ClientError; the signal's reason once it is aborted. */
export async function readStats(server: ServerAddress, signal?: AbortSignal): Promise<StatsReading> {
  return ask(server, { path: 'stats', signal }, (text) => ({ text: text.trim(), stats: statsIn(text) }))
}

export function addsUp({ received, unique_processed: unique, duplicate_dropped: duplicates }: StatsAnswer): boolean {
  return received === unique + duplicates
}
