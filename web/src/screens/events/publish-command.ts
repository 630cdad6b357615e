/** A command that would publish an event again, byte for byte. No DOM. */
import { ndjsonLine } from '../../../../src/client/raw-events.ts'
import type { EventContent } from './event-content.ts'

/** @param url of POST /publish. */
export function publishCommand(event: EventContent, url: string): string {
  return [
    `curl -sS ${shellQuoted(url)} \\`,
    `  -H 'Content-Type: application/json' \\`,
    `  --data-binary ${shellQuoted(eventJson(event))}`,
  ].join('\n')
}

export function eventJson({ seq = 0, processedAt = '', ...event }: EventContent): string {
  return ndjsonLine({ ...event, seq, processedAt })
}

/** For a POSIX shell: nothing inside of single quotes has a meaning. */
function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
