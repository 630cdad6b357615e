/** What a server counts, as its own routes say. */
import { addressOf } from '../client/send-request.ts'

/** What the server counted; `received` = `unique` + `duplicates`, the duplicates include the conflicts. */
export interface ServerCounts {
  readonly received: number
  readonly unique: number
  readonly duplicates: number
  readonly conflicts: number
}

/** `/topics` lists no more. */
export const maxListedTopics = 10_000

/** @throws Error when the server does not answer. */
export async function readTopicCounts(
  url: string,
  signal?: AbortSignal,
): Promise<{ topic: string; counts: ServerCounts }[]> {
  const { topics } = await getJson<{
    topics: { topic: string; events: number; duplicates: number; conflicts: number }[]
  }>(url, 'topics', signal)
  return topics.map(({ topic, events, duplicates, conflicts }) => ({
    topic,
    counts: { received: events + duplicates, unique: events, duplicates, conflicts },
  }))
}

/** Counts of some topics alone, because others may publish to the server at the same time. */
export function sumOfCounts(topics: readonly { readonly counts: ServerCounts }[]): ServerCounts {
  const sum = (name: keyof ServerCounts) => topics.reduce((total, { counts }) => total + counts[name], 0)
  return {
    received: sum('received'),
    unique: sum('unique'),
    duplicates: sum('duplicates'),
    conflicts: sum('conflicts'),
  }
}

/** Counts of all events, for a server that nobody else publishes to. @throws Error when it does not answer. */
export async function readAllCounts(url: string, signal?: AbortSignal): Promise<ServerCounts> {
  const stats = await getJson<{
    received: number
    unique_processed: number
    duplicate_dropped: number
    conflicts: number
  }>(url, 'stats', signal)
  const { received, unique_processed: unique, duplicate_dropped: duplicates, conflicts } = stats
  return { received, unique, duplicates, conflicts }
}

export function countsSince(now: ServerCounts, before: ServerCounts): ServerCounts {
  return {
    received: now.received - before.received,
    unique: now.unique - before.unique,
    duplicates: now.duplicates - before.duplicates,
    conflicts: now.conflicts - before.conflicts,
  }
}

async function getJson<T>(url: string, path: string, signal: AbortSignal | undefined): Promise<T> {
  const response = await fetch(addressOf(url, path), { ...(signal && { signal }) })
  if (!response.ok) throw new Error(`${url} answers ${response.status} to GET /${path}`)
  return (await response.json()) as T
}
