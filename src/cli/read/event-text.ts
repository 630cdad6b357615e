/** An event for people: one line of a tail, or all of it. */

import { endOfString } from '../../client/json-scan.ts'
import type { EventRow } from '../../client/raw-events.ts'
import { printable, styled } from '../output.ts'
import { cutTo, widthOf } from '../table.ts'

/** Ids and sources are shown to here in a terminal, so that there is room for the payload. */
const maxNameWidth = 32

/** @param columns of the terminal; undefined where it is none, and nothing is cut. @returns a line without its end. */
export function eventLine(row: EventRow, columns: number | undefined): string {
  const nameWidth = columns === undefined ? Number.POSITIVE_INFINITY : maxNameWidth
  const [timestamp, topic, source, eventId] = [row.timestamp, row.topic, row.source, row.eventId].map((text) =>
    cutTo(printable(text), nameWidth),
  )
  const used = [timestamp, topic, source, eventId].reduce((sum, text) => sum + widthOf(text ?? '') + 1, 0)
  const room = columns === undefined ? Number.POSITIVE_INFINITY : Math.max(0, columns - used)
  return [
    styled('dim', timestamp ?? ''),
    styled('cyan', topic ?? ''),
    styled('green', source ?? ''),
    styled('bold', eventId ?? ''),
    cutTo(printable(row.payload), room),
  ]
    .join(' ')
    .trimEnd()
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
