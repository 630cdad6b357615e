/** An event for people: one line of a tail, or all of it. */

import { endOfString } from '../../client/json-scan.ts'
import type { EventRow } from '../../client/raw-events.ts'
import { printable, styled } from '../output.ts'
import { cutTo, fitWidths, lastColumnShare, widthOf } from '../table.ts'

/** @param columns of the terminal; undefined where it is none, and nothing is cut. @returns a line without its end. */
export function eventLine(row: EventRow, columns: number | undefined): string {
  const names = [row.topic, row.source, row.eventId].map(printable)
  const timestamp = printable(row.timestamp)
  const payload = printable(row.payload)
  const widths = columns === undefined ? undefined : nameWidths({ names, timestamp, payload, columns })
  const [topic = '', source = '', eventId = ''] = names.map((name, at) =>
    cutTo(name, widths?.[at] ?? Number.POSITIVE_INFINITY),
  )
  let room = columns ?? Number.POSITIVE_INFINITY
  const parts: string[] = []
  for (const [style, text] of [
    ['dim', timestamp],
    ['cyan', topic],
    ['green', source],
    ['bold', eventId],
    [undefined, payload],
  ] as const) {
    const shown = cutTo(text, Math.max(0, room))
    room -= widthOf(shown) + 1
    if (shown !== '') parts.push(style === undefined ? shown : styled(style, shown))
  }
  return parts.join(' ')
}

interface LineTexts {
  readonly names: readonly string[]
  readonly timestamp: string
  readonly payload: string
  readonly columns: number
}

/** Names are cut so that the begin of the payload is seen. */
function nameWidths({ names, timestamp, payload, columns }: LineTexts): readonly number[] {
  const payloadWidth = Math.min(widthOf(payload), Math.floor(columns * lastColumnShare))
  return fitWidths(names.map(widthOf), columns - widthOf(timestamp) - payloadWidth - names.length - 1)
}

/** All of it, with its payload indented and not a digit changed. */
export function eventDetails(row: EventRow): string {
  const facts: [string, string][] = [
    ['topic', row.topic],
    ['event_id', row.eventId],
    ['timestamp', row.timestamp],
    ['source', row.source],
    ['seq', String(row.seq)],
    ['processed_at', row.processedAt],
  ]
  const lines = facts.map(([name, text]) => `${styled('dim', name.padEnd(13))} ${printable(text)}`)
  const payload = indentJson(row.payload).split('\n').map(printable)
  return [...lines, styled('dim', 'payload'), ...payload].map((line) => `${line}\n`).join('')
}

/** Moves values onto lines of their own and leaves each as it is. @param json valid JSON. */
export function indentJson(json: string): string {
  const parts: string[] = []
  let depth = 0
  const breakLine = () => parts.push(`\n${'  '.repeat(depth)}`)
  for (let at = 0; at < json.length; at++) {
    const char = json.charAt(at)
    if (char === '"') {
      const end = endOfString(json, at)
      parts.push(json.slice(at, end))
      at = end - 1
    } else if (char === '{' || char === '[') {
      const next = json.slice(at + 1).search(/\S/) + at + 1
      const isEmpty = json.charAt(next) === '}' || json.charAt(next) === ']'
      parts.push(isEmpty ? char + json.charAt(next) : char)
      if (isEmpty) at = next
      else {
        depth++
        breakLine()
      }
    } else if (char === '}' || char === ']') {
      depth--
      breakLine()
      parts.push(char)
    } else if (char === ',') {
      parts.push(char)
      breakLine()
    } else if (char === ':') parts.push(': ')
    else if (char > ' ') parts.push(char)
  }
  return parts.join('')
}
