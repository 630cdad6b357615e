/** Long stretches that both sides have are folded away, so that the differences are in view. No DOM. */
import type { DiffRow } from './line-diff.ts'

export type DiffPart =
  | { readonly kind: 'rows'; readonly rows: readonly DiffRow[] }
  | { readonly kind: 'fold'; readonly rows: readonly DiffRow[] }

/** Lines that stay in view around a difference. */
const contextLines = 3
/** Fewer are not worth a fold. */
const minFoldLines = 4

export function foldSame(rows: readonly DiffRow[]): DiffPart[] {
  const isNear = rows.map(() => false)
  for (const [index, row] of rows.entries()) {
    if (!row.isSame) isNear.fill(true, Math.max(0, index - contextLines), index + contextLines + 1)
  }
  const parts: { kind: 'rows' | 'fold'; rows: DiffRow[] }[] = []
  for (const [index, row] of rows.entries()) {
    const kind = isNear[index] ? 'rows' : 'fold'
    const last = parts.at(-1)
    if (last?.kind === kind) last.rows.push(row)
    else parts.push({ kind, rows: [row] })
  }
  return parts.map((part) => (part.rows.length < minFoldLines ? { ...part, kind: 'rows' } : part))
}
