/** Results as they cross from the writer thread: typed arrays, not thousands of small objects that would be cloned one by one. */
import type { AppendResult, AppendStatus } from '../../core/event-store.ts'

export interface PackedResults {
  /** Per event an index into `statuses`. */
  readonly statuses: Uint8Array<ArrayBuffer>
  readonly seqs: Float64Array<ArrayBuffer>
}

export const statuses: readonly AppendStatus[] = ['stored', 'duplicate', 'conflict']

export function unpackResults(packed: PackedResults): AppendResult[] {
  return Array.from(packed.seqs, (seq, index) => ({ status: statuses[packed.statuses[index] ?? 0] ?? 'stored', seq }))
}
