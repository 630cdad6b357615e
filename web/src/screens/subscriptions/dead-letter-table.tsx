/** Dead letters with their reasons, to be chosen from. */
import type { DeadLettersAnswer } from '../../../../src/http/wire-types.ts'
import { count, middleTruncated } from '../../state/format.ts'
import { hrefTo } from '../../state/location.ts'
import { Time } from '../../ui/time.tsx'

type DeadLetter = DeadLettersAnswer['dead_letters'][number]

export interface DeadLetterTableProps {
  readonly deadLetters: readonly DeadLetter[]
  /** Seqs. */
  readonly chosen: ReadonlySet<number>
  readonly onChoose: (chosen: ReadonlySet<number>) => void
}

export function DeadLetterTable({ deadLetters, chosen, onChoose }: DeadLetterTableProps) {
  const seqs = deadLetters.map(({ event }) => event.seq)
  const areAllChosen = seqs.length > 0 && seqs.every((seq) => chosen.has(seq))
  const toggle = (seq: number) =>
    onChoose(chosen.has(seq) ? chosen.difference(new Set([seq])) : new Set([...chosen, seq]))
  return (
    <div class="table-scroll">
      <table class="table">
        <thead>
          <tr>
            <th scope="col" class="choice">
              <input
                type="checkbox"
                aria-label="All on this page"
                checked={areAllChosen}
                onChange={() => onChoose(new Set(areAllChosen ? [] : seqs))}
              />
            </th>
            <th scope="col" class="number">
              Seq
            </th>
            <th scope="col">Event</th>
            <th scope="col" class="number">
              Attempts
            </th>
            <th scope="col">Reason</th>
            <th scope="col">Given up</th>
          </tr>
        </thead>
        <tbody>
          {deadLetters.map(({ event, attempts, reason, at }) => (
            <tr key={event.seq}>
              <td class="choice">
                <input
                  type="checkbox"
                  aria-label={`Choose seq ${event.seq}`}
                  checked={chosen.has(event.seq)}
                  onChange={() => toggle(event.seq)}
                />
              </td>
              <td class="number">{count(event.seq)}</td>
              <td title={`${event.topic}\n${event.event_id}`}>
                {event.topic}{' '}
                <a class="mono" href={hrefTo(['events', event.topic, event.event_id])}>
                  {middleTruncated(event.event_id, 28)}
                </a>
              </td>
              <td class="number">{count(attempts)}</td>
              <td class="wide" title={reason}>
                {reason === '' ? <span class="quiet">none given</span> : reason}
              </td>
              <td>
                <Time at={at} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
