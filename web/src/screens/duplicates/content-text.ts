/** The content of events as they were sent: numbers keep their digits, 64-bit ids and 1e400 included. No DOM. */

export interface Content {
  readonly timestamp: string
  readonly source: string
  /** JSON over several lines. */
  readonly payload: string
}

export interface RefusedCopy {
  readonly seenAt: string
  readonly refused: Content
}

/** @param text what GET /events/{topic}/{event_id} answers. */
export function contentIn(text: string): Content {
  return contentOf(parseExactly(text) as ExactContent)
}

/** @param text what GET /duplicates?conflict=true answers. */
export function conflictsIn(text: string): readonly RefusedCopy[] {
  const { duplicates } = parseExactly(text) as { duplicates: readonly { seen_at: string; refused: ExactContent }[] }
  return duplicates.map(({ seen_at, refused }) => ({ seenAt: seen_at, refused: contentOf(refused) }))
}

interface ExactContent {
  readonly timestamp: string
  readonly source: string
  readonly payload: unknown
}

function contentOf({ timestamp, source, payload }: ExactContent): Content {
  return { timestamp, source, payload: JSON.stringify(payload, null, 2) }
}

/** Browsers of 2025 and later tell how a number was written; in older ones it is rounded, as everywhere else there. */
interface ExactJson {
  parse(text: string, reviver: (key: string, value: unknown, context?: { source?: string }) => unknown): unknown
  rawJSON?(text: string): unknown
}

function parseExactly(text: string): unknown {
  const json: ExactJson = JSON
  return json.parse(text, (_key, value, context) =>
    typeof value === 'number' && context?.source !== undefined && json.rawJSON !== undefined
      ? json.rawJSON(context.source)
      : value,
  )
}
