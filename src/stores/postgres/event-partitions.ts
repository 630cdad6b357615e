/** The log in parts of so many seqs: to be dropped whole when they are old. Made by the append that needs them. */
import type { Connection } from './connection.ts'
import { onlyLane } from './migrations.ts'

export const defaultPartitionEvents = 10_000_000

/**
 * Runs inside the append transaction, which holds the lane's lock: nobody else makes one meanwhile. Attached, not created in
 * place: that would wait for every reader of the log, and every append for it.
 *
 * @param from the first seq without a partition. @param to the first seq that needs none. @returns the new `from`.
 */
export async function addPartitions(
  connection: Connection,
  { from, to, partitionEvents }: { readonly from: number; readonly to: number; readonly partitionEvents: number },
): Promise<number> {
  let end = from
  while (end < to) {
    const name = `event_from_${end}`
    const next = end + partitionEvents
    await connection.run(`CREATE TABLE ${name} (LIKE event INCLUDING ALL)`)
    await connection.run(`ALTER TABLE event ATTACH PARTITION ${name} FOR VALUES FROM (${end}) TO (${next})`)
    end = next
  }
  if (end > from) await connection.run(`UPDATE lane_head SET partitioned_to = ${end} WHERE lane = ${onlyLane}`)
  return end
}
