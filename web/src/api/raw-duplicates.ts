/** Duplicates on record, with the payloads of conflicts as the text that was sent. No DOM. */
import type { DuplicateAnswer } from '../../../src/http/wire-types.ts'
import { itemTexts, memberTexts } from '../ui/json/json-scan.ts'

export type DuplicateRow = Omit<DuplicateAnswer, 'refused'> & {
  readonly refused?: { readonly timestamp: string; readonly source: string; readonly payload: string }
}

export interface DuplicateRows {
  readonly rows: readonly DuplicateRow[]
  readonly nextCursor: string | undefined
}

/** @param text what GET /duplicates answers. */
export function duplicateRowsIn(text: string): DuplicateRows {
  const page = memberTexts(text)
  return {
    rows: itemTexts(page.get('duplicates') ?? '[]').map(rowIn),
    nextCursor: JSON.parse(page.get('next_cursor') ?? 'null') ?? undefined,
  }
}

function rowIn(text: string): DuplicateRow {
  const { refused, ...row } = JSON.parse(text) as DuplicateAnswer
  if (refused === undefined) return row
  const payload = memberTexts(memberTexts(text).get('refused') ?? '{}').get('payload') ?? '{}'
  return { ...row, refused: { timestamp: refused.timestamp, source: refused.source, payload } }
}
