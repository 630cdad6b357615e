/** The events of a question as NDJSON, read page by page. */

import { eventRowsIn, ndjsonLine } from '../../../../src/client/raw-events.ts'
import { getText } from '../../api/client.ts'
import type { Order, Question } from './events-view.ts'

export interface Ndjson {
  readonly text: string
  readonly events: number
  /** There are more than fit. */
  readonly isCut: boolean
}

export interface ExportLimits {
  readonly maxEvents: number
  readonly maxChars: number
}

/** What a page can show, and what a browser can hold. */
export const shownLimits: ExportLimits = { maxEvents: 1000, maxChars: 2 * 1024 * 1024 }
export const fileLimits: ExportLimits = { maxEvents: 100_000, maxChars: 256 * 1024 * 1024 }

export interface ExportOptions {
  readonly question: Question
  readonly order: Order
  readonly limits: ExportLimits
  readonly onProgress?: (events: number) => void
}

/** @throws ApiError */
export async function readNdjson(options: ExportOptions, signal: AbortSignal): Promise<Ndjson> {
  const { question, order, limits, onProgress } = options
  const lines: string[] = []
  let chars = 0
  for (let cursor: string | undefined, isFirst = true; isFirst || cursor !== undefined; isFirst = false) {
    const parameters = { ...question, order, limit: Math.min(1000, limits.maxEvents), cursor }
    const page = eventRowsIn(await getText('events', parameters, signal))
    for (const row of page.rows) {
      const line = ndjsonLine(row)
      if (lines.length === limits.maxEvents || chars + line.length > limits.maxChars) return finished(lines, 'cut')
      lines.push(line)
      chars += line.length + 1
    }
    cursor = page.nextCursor
    onProgress?.(lines.length)
    if (lines.length === limits.maxEvents && cursor !== undefined) return finished(lines, 'cut')
  }
  return finished(lines, 'whole')
}

function finished(lines: readonly string[], how: 'cut' | 'whole'): Ndjson {
  return { text: lines.map((line) => `${line}\n`).join(''), events: lines.length, isCut: how === 'cut' }
}
