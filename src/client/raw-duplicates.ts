/** Duplicates on record out of the texts that the server sends, with the payloads of conflicts as the bytes that were sent. Pure text. */
import { listIn, memberTexts } from './json-scan.ts'

export interface RefusedRow {
  readonly timestamp: string
  readonly source: string
  /** JSON text. */
  readonly payload: string
}

export interface DuplicateRow {
  readonly topic: string
  readonly event_id: string
  /** The stored event's. */
  readonly seq: number
  readonly seen_at: string
  /** The source that sent the duplicate. */
  readonly source: string
  readonly conflict: boolean
  /** Of conflicts only. */
  readonly refused?: RefusedRow
}

export interface DuplicateRows {
  readonly rows: readonly DuplicateRow[]
  readonly nextCursor: string | undefined
}

/** @param text what GET /duplicates answers. */
export function duplicateRowsIn(text: string): DuplicateRows {
  const { items, nextCursor } = listIn(text, 'duplicates')
  return { rows: items.map(rowIn), nextCursor }
}

function rowIn(text: string): DuplicateRow {
  const row = JSON.parse(text) as DuplicateRow
  if (row.refused === undefined) return row
  const payload = memberTexts(memberTexts(text).get('refused') ?? '{}').get('payload') ?? '{}'
  return { ...row, refused: { timestamp: row.refused.timestamp, source: row.refused.source, payload } }
}
