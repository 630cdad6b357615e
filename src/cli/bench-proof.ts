/** Whether a run's numbers add up: what was sent, what the acks said, and what the server counted. */
import type { LoadCounts } from './bench-tally.ts'
import { formatCount } from './format.ts'
import type { ServerCounts } from './server-counts.ts'

/**
 * @param counts of the whole run, also of what is not in its figures.
 * @param server what it counted meanwhile.
 * @returns what disagrees, in words; nothing when the run is proven.
 */
export function faultsOf(counts: LoadCounts, server: ServerCounts): string[] {
  const { sent, unique, duplicates, conflicts, refused, expectedUnique } = counts
  const acked = unique + duplicates
  const faults: string[] = []
  const compare = (what: string, is: number, should: string, expected: number) => {
    if (is !== expected) faults.push(`${what} ${formatCount(is)}, but ${should} ${formatCount(expected)}`)
  }
  compare('sent', sent, 'unique + duplicates + refused is', acked + refused)
  compare('conflicts', conflicts, 'the events that were sent twice had the same content:', 0)
  if (refused === 0) {
    compare('acknowledged as unique', unique, 'the batches held', expectedUnique)
    compare('the server counted as received', server.received, 'the acks say', acked)
    compare('the server counted as unique', server.unique, 'the acks say', unique)
    compare('the server counted as duplicates', server.duplicates, 'the acks say', duplicates)
    compare('the server counted as conflicts', server.conflicts, 'the acks say', conflicts)
    return faults
  }
  // A refused batch may have been stored all the same: its commit was not confirmed in time.
  for (const [name, counted, low] of [
    ['received', server.received, acked],
    ['unique', server.unique, unique],
    ['duplicates', server.duplicates, duplicates],
  ] as const) {
    if (counted >= low && counted <= low + refused) continue
    const most = `${formatCount(low)} and at most ${formatCount(refused)} refused`
    faults.push(`the server counted as ${name} ${formatCount(counted)}, but the acks say ${most}`)
  }
  return faults
}
