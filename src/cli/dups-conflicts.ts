/** Conflicts for people: what is stored against what came again and was refused. */
import { ClientError } from '../client/client-error.ts'
import { type DuplicateRow, duplicateRowsIn, type RefusedRow } from '../client/raw-duplicates.ts'
import { eventRowIn } from '../client/raw-events.ts'
import { ask } from './ask-server.ts'
import { type Difference, differencesOf } from './conflict-differences.ts'
import type { PrintedList } from './list-pages.ts'
import { print, printable, styled, terminalColumns } from './output.ts'
import type { ServerAddress } from './server-options.ts'
import { type Column, cutTo, rowText, widthsOf } from './table.ts'

const columns: readonly Column[] = [{ title: '', maxWidth: 30 }, { title: '', maxWidth: 36 }, { title: '' }]

/** Of texts that begin alike, in a terminal: where they differ is what matters. */
const maxSharedChars = 24
const keptSharedChars = 12

export function conflictPrinter(server: ServerAddress): PrintedList['printPage'] {
  return async ({ text }, signal) => {
    for (const row of duplicateRowsIn(text).rows) await print(await conflictText(row, server, signal))
  }
}

async function conflictText(row: DuplicateRow, server: ServerAddress, signal: AbortSignal): Promise<string> {
  const { topic, event_id, seq, seen_at, source, refused } = row
  const terminal = terminalColumns()
  const head = printable(`${seen_at}  ${topic}  ${event_id}  from ${source}, stored as seq ${seq}`)
  const lines = [styled('bold', terminal === undefined ? head : cutTo(head, terminal))]
  const stored = await storedContent(row, server, signal)
  if (refused === undefined || stored === undefined) lines.push('  what is stored cannot be read any more')
  else lines.push(...differenceLines(differencesOf(stored, refused), terminal))
  return `${lines.join('\n')}\n`
}

function differenceLines(differences: readonly Difference[], terminal: number | undefined): string[] {
  if (differences.length === 0) return ['  the same members, written otherwise: spaces, or the order of keys']
  const rows = differences.map((difference) => {
    const { place, stored = '(none)', refused = '(none)' } = terminal === undefined ? difference : shortened(difference)
    return [place, stored, `→ ${refused}`]
  })
  const widths = widthsOf(columns, rows, terminal === undefined ? 'whole' : 'cut')
  return rows.map((row) => `  ${rowText(columns, row, { columns: terminal && terminal - 2, widths })}`)
}

function shortened(difference: Difference): Difference {
  const { place, stored, refused } = difference
  if (stored === undefined || refused === undefined) return difference
  let shared = 0
  while (shared < stored.length && stored[shared] === refused[shared]) shared++
  if (shared <= maxSharedChars) return difference
  const cut = (text: string) => `…${text.slice(shared - keptSharedChars)}`
  return { place, stored: cut(stored), refused: cut(refused) }
}

/** Undefined when it is gone, or has a name that no path can hold. */
async function storedContent(
  { topic, event_id }: DuplicateRow,
  server: ServerAddress,
  signal: AbortSignal,
): Promise<RefusedRow | undefined> {
  // URLs take these out of a path, also when they are escaped.
  if ([topic, event_id].some((part) => part === '.' || part === '..')) return undefined
  const path = `events/${encodeURIComponent(topic)}/${encodeURIComponent(event_id)}`
  try {
    return await ask(server, { path, signal }, eventRowIn)
  } catch (thrown) {
    if (thrown instanceof ClientError && thrown.status === 404) return undefined
    throw thrown
  }
}
