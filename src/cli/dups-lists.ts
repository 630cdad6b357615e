/** The four lists of `sekali dups`: where they are asked for, and how people read them. */
import { duplicateRowsIn } from '../client/raw-duplicates.ts'
import type { DuplicatedEventAnswer, DuplicateSourceAnswer, DuplicateSourcesAnswer } from '../http/wire-types.ts'
import { conflictPrinter } from './dups-conflicts.ts'
import { counted, formatCount, formatDuration } from './format.ts'
import type { ListAddress, Page, PrintedList } from './list-pages.ts'
import { note, print } from './output.ts'
import { PagedTable } from './paged-table.ts'
import type { ServerAddress } from './server-options.ts'
import type { Column } from './table.ts'

export interface DuplicatesFlags {
  readonly topic?: string
  readonly eventId?: string
  readonly source?: string
  readonly conflicts?: true
  readonly by?: 'source' | 'event'
  readonly sort?: string
}

export function duplicatesList(
  flags: DuplicatesFlags,
  server: ServerAddress,
): ListAddress & Pick<PrintedList, 'printPage'> {
  const { topic, eventId, source, conflicts: conflict, by, sort } = flags
  if (by !== undefined) {
    const parameters = { topic, source, conflict, sort }
    return by === 'event'
      ? { path: 'duplicates/events', list: 'events', parameters, printPage: pagePrinter(eventColumns, eventCells) }
      : { path: 'duplicates/sources', list: 'sources', parameters, printPage: pagePrinter(sourceColumns, sourceCells) }
  }
  const parameters = { topic, event_id: eventId, source, conflict }
  const printPage = conflict ? conflictPrinter(server) : pagePrinter(duplicateColumns, duplicateCells)
  return { path: 'duplicates', list: 'duplicates', parameters, printPage }
}

const duplicateColumns: readonly Column[] = [
  { title: 'SEEN', isKept: true },
  { title: 'WHAT' },
  { title: 'TOPIC', maxWidth: 24 },
  { title: 'EVENT ID', maxWidth: 36 },
  { title: 'FROM', maxWidth: 20 },
  { title: 'STORED AS', align: 'right' },
]

function duplicateCells({ text }: Page): string[][] {
  return duplicateRowsIn(text).rows.map(({ seen_at, topic, event_id, source, seq, conflict }) => [
    seen_at,
    conflict ? 'conflict' : 'duplicate',
    topic,
    event_id,
    source,
    String(seq),
  ])
}

const eventColumns: readonly Column[] = [
  { title: 'TOPIC', maxWidth: 24 },
  { title: 'EVENT ID', maxWidth: 36 },
  { title: 'COPIES', align: 'right' },
  { title: 'CONFLICTS', align: 'right' },
  { title: 'LAST AFTER', align: 'right' },
  { title: 'SENT AGAIN BY' },
]

function eventCells({ items }: Page): string[][] {
  return items.map((item) => {
    const event = JSON.parse(item) as DuplicatedEventAnswer
    const { duplicate_sources: sources, duplicate_source_count: sourceCount } = event
    const others = sourceCount > sources.length ? `, ${formatCount(sourceCount - sources.length)} more` : ''
    return [
      event.topic,
      event.event_id,
      formatCount(event.copies),
      formatCount(event.conflicts),
      formatDuration(event.spread_ms),
      sources.join(', ') + others,
    ]
  })
}

const sourceColumns: readonly Column[] = [
  { title: 'SOURCE', maxWidth: 30 },
  { title: 'DUPLICATES', align: 'right' },
  { title: 'CONFLICTS', align: 'right' },
  { title: 'EVENTS', align: 'right' },
  { title: 'HALF AFTER', align: 'right' },
  { title: '90 % AFTER', align: 'right' },
  { title: 'LAST AFTER', align: 'right' },
  { title: 'LAST SEEN' },
]

function sourceCells({ items }: Page): string[][] {
  return items.map((item) => {
    const row = JSON.parse(item) as DuplicateSourceAnswer
    return [
      row.source,
      formatCount(row.duplicates),
      formatCount(row.conflicts),
      formatCount(row.events),
      formatDuration(row.late_ms.p50),
      formatDuration(row.late_ms.p90),
      formatDuration(row.late_ms.max),
      row.last_seen_at,
    ]
  })
}

function pagePrinter(columns: readonly Column[], cellsOf: (page: Page) => string[][]) {
  const table = new PagedTable(columns)
  let isFirst = true
  return async (page: Page) => {
    if (isFirst) noteWindow(page)
    isFirst = false
    await print(table.text(cellsOf(page)))
  }
}

/** Sums are of the newest records when there are more than the server sums up. */
function noteWindow({ members }: Page): void {
  const text = members.get('window')
  if (text === undefined) return
  const { records, since, complete } = JSON.parse(text) as DuplicateSourcesAnswer['window']
  if (!complete) note(`Of the newest ${counted(records, 'duplicate')}, since ${since}; older ones are not summed up.`)
}
