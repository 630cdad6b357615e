/** One row an event; the open one shows its copies below. */
import type { DuplicatedEventAnswer } from '../../../../src/http/wire-types.ts'
import { SortHead } from '../../ui/sort-head.tsx'
import { DuplicatedEventRow } from './duplicated-event-row.tsx'
import type { DuplicatesView } from './duplicates-view.ts'
import { EventCopies } from './event-copies.tsx'

const columns = 8

export interface DuplicatedEventTableProps {
  readonly events: readonly DuplicatedEventAnswer[]
  readonly view: DuplicatesView
}

export function DuplicatedEventTable({ events, view }: DuplicatedEventTableProps) {
  const order = { current: view.sort, usual: 'conflicts' }
  return (
    <div class="table-scroll">
      <table class="table">
        <thead>
          <tr>
            <th scope="col">Event</th>
            <th scope="col">Topic</th>
            <SortHead sort="conflicts" {...order} title="Duplicates whose content had changed">
              Conflicts
            </SortHead>
            <SortHead sort="duplicates" {...order} title="The stored one and its duplicates">
              Copies
            </SortHead>
            <th scope="col">Sent again by</th>
            <th scope="col" class="number">
              First seen
            </th>
            <SortHead sort="last_seen" {...order}>
              Last seen
            </SortHead>
            <SortHead sort="spread" {...order} title="From the first copy to the last">
              Spread
            </SortHead>
          </tr>
        </thead>
        {events.map((event) => {
          const isOpen = event.seq === view.openSeq
          return (
            // A body for each: the copies belong to their row.
            <tbody key={event.seq}>
              <DuplicatedEventRow event={event} isOpen={isOpen} />
              {isOpen && (
                <tr class="opened">
                  <td colSpan={columns}>
                    <EventCopies event={event} />
                  </td>
                </tr>
              )}
            </tbody>
          )
        })}
      </table>
    </div>
  )
}
